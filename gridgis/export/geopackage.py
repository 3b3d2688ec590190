"""``grids.gpkg``: every level that the plan has, and `buildings`, in its metric CRS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridgis.errors import ExportError
from gridgis.export.attributes import building_features, layers_of, level_features
from gridgis.languages import Language, Said

if TYPE_CHECKING:
    from gridgis.plan import Plan


def write_geopackage(plan: Plan, path: Path, *, language: Language = "zh") -> None:
    """Write communities, sectors, grids, micro-grids and buildings, as far as there are any; raises ExportError."""
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        levels = [(layer, level_features(plan, layer)) for layer in layers_of(plan)]
        for layer, features in [*levels, ("buildings", building_features(plan))]:
            # A layer has one type of geometry: polygons, unless some grid or building has several parts.
            several = bool((features.geom_type == "MultiPolygon").any())
            features.to_file(path, layer=layer, driver="GPKG", engine="pyogrio", index=False, promote_to_multi=several)
    except (DataSourceError, DataLayerError) as error:
        raise ExportError(Said("{name} cannot be written: {error}", name=path.name, error=error)) from error
