"""Shapefiles with their encoding and schema: by fiona where it is installed, else by pyogrio, with the same results.

fiona has no wheels for some platforms and Python versions (pyproject.toml names them); pyogrio is always there.
"""

from __future__ import annotations

import codecs
import importlib.util
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgis.errors import ExportError
from gridgis.languages import Said

DRIVER = "ESRI Shapefile"
ONE_LETTER_A_BYTE = "ISO-8859-1"


def has_fiona() -> bool:
    """Tell whether fiona is installed."""
    return importlib.util.find_spec("fiona") is not None


def read_frame(path: Path, *, encoding: str) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read a ``.shp``; a DataFrame where it has no shapes.

    Parameters
    ----------
    encoding
        Of field names and values, as Python calls it, whatever the file claims. Half a letter at the end of a
        text, where a field was too narrow, is left out.

    Raises
    ------
    OSError, ValueError, RuntimeError
        As `geopandas.read_file` does.

    Notes
    -----
    fiona gives whole numbers as int64, pyogrio as int32 where the field is of at most 9 digits.
    """
    if encoding == "utf-8":
        try:
            return gpd.read_file(path, engine="pyogrio", encoding=encoding)
        except UnicodeDecodeError:
            pass  # half a letter; what is wrong otherwise is raised below
    elif has_fiona():
        return gpd.read_file(path, engine="fiona", encoding=encoding)
    # GDAL knows fewer encodings than Python, and which ones depends on how it was built; so Python decodes.
    return _decoded(gpd.read_file(path, engine="pyogrio", encoding=ONE_LETTER_A_BYTE), encoding)


def _decoded(frame: gpd.GeoDataFrame | pd.DataFrame, encoding: str) -> gpd.GeoDataFrame | pd.DataFrame:
    """Decode texts of which every letter stands for one byte of the file."""
    decoder = codecs.getincrementaldecoder(encoding)

    def decode(value: Any) -> Any:
        return decoder().decode(value.encode(ONE_LETTER_A_BYTE), final=False) if isinstance(value, str) else value

    for name in frame.columns:
        if pd.api.types.is_string_dtype(frame[name].dtype) or frame[name].dtype == object:
            frame[name] = frame[name].map(decode, na_action="ignore")
    return frame.rename(columns=decode)


def write_frame(frame: gpd.GeoDataFrame, path: Path, *, fields: Mapping[str, str], encoding: str) -> None:
    """Write polygons and the columns that `fields` names, with .prj and .cpg.

    Parameters
    ----------
    fields
        Name -> ``str:BYTES``, ``int:DIGITS`` or ``float:WIDTH.DECIMALS``. Texts have to fit.

    Raises
    ------
    ExportError
    """
    # Outer rings of a shapefile run clockwise.
    shapes = shapely.orient_polygons(frame.geometry.to_numpy(), exterior_cw=True)
    (_write_with_fiona if has_fiona() else _write_with_pyogrio)(frame, shapes, path, fields, encoding)


def _write_with_fiona(
    frame: gpd.GeoDataFrame, shapes: np.ndarray, path: Path, fields: Mapping[str, str], encoding: str
) -> None:
    import fiona
    from fiona.errors import FionaError

    schema = {"geometry": "Polygon", "properties": dict(fields)}
    records = frame[list(fields)].to_dict("records")
    try:
        with fiona.open(path, "w", driver=DRIVER, schema=schema, crs_wkt=_wkt(frame), encoding=encoding) as file:
            file.writerecords(
                {"type": "Feature", "properties": record, "geometry": shapely.geometry.mapping(shape)}
                for record, shape in zip(records, shapes, strict=True)
            )
    except FionaError as error:
        raise ExportError(Said("{name} cannot be written: {error}", name=path.name, error=error)) from error


def _write_with_pyogrio(
    frame: gpd.GeoDataFrame, shapes: np.ndarray, path: Path, fields: Mapping[str, str], encoding: str
) -> None:
    """Write a table of Arrow's, whose types and metadata set the width of fields; a data frame's do not."""
    import pyarrow as pa
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    columns = {name: _arrow_column(frame[name], kind) for name, kind in fields.items()}
    widths = {name: kind.partition(":")[2] for name, kind in fields.items() if not kind.startswith("float")}
    schema = [
        pa.field(name, column.type, metadata={"GDAL:OGR:width": widths[name]} if name in widths else None)
        for name, column in columns.items()
    ]
    schema.append(pa.field("geometry", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"}))
    table = pa.table([*columns.values(), pa.array(shapely.to_wkb(shapes), pa.binary())], schema=pa.schema(schema))
    try:
        pyogrio.write_arrow(
            table, path, driver=DRIVER, geometry_name="geometry", geometry_type="Polygon", crs=_wkt(frame),
            encoding=encoding,
        )  # fmt: skip
    except (DataSourceError, DataLayerError) as error:
        raise ExportError(Said("{name} cannot be written: {error}", name=path.name, error=error)) from error


def _arrow_column(values: pd.Series, kind: str) -> Any:
    import pyarrow as pa

    kind, _, size = kind.partition(":")
    if kind == "str":
        return pa.array(values.tolist(), pa.string())
    if kind == "int":
        return pa.array(values.tolist(), pa.int32() if int(size) < 10 else pa.int64())
    width, decimals = map(int, size.split("."))
    step = Decimal(1).scaleb(-decimals)
    # GDAL makes the field two wider than the number's digits, for its sign and its point.
    return pa.array([Decimal(value).quantize(step) for value in values.tolist()], pa.decimal128(width - 2, decimals))


def _wkt(frame: gpd.GeoDataFrame) -> str | None:
    return None if frame.crs is None else frame.crs.to_wkt("WKT1_ESRI")
