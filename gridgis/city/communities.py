"""Polygons grouped into jurisdictions by a column, or by the first digits of a code."""

from __future__ import annotations

import geopandas as gpd

from gridgis.errors import InputError, some
from gridgis.inputs.areas import texts
from gridgis.inputs.columns import as_text, missing_column
from gridgis.inputs.tables import Source, read_tables
from gridgis.languages import Said


def group_communities(source: Source, by: str) -> gpd.GeoDataFrame:
    """Return a layer's polygons with the code of their jurisdiction, for `read_layers`.

    Parameters
    ----------
    by
        ``COLUMN``, or ``COLUMN:N``: its first N letters, so that ``GEOID:11`` joins census block groups into tracts.

    Raises
    ------
    InputError
        No such column, or polygons for which nothing is written in it.
    """
    (table,) = read_tables("communities", source)
    column, colon, digits = by.rpartition(":")
    if not colon or by in table.frame.columns:
        column, digits = by, ""
    if digits and not (digits.isdecimal() and int(digits) > 0):
        raise InputError(Said("“{by}” is not COLUMN:N with a number of letters, e.g. GEOID:11", by=by))
    if column not in table.frame.columns:
        raise InputError(missing_column(column, table.frame.columns, table.label))
    code = as_text(table.frame[column])
    empty = (code[code.isna()].index + 1).tolist()
    if empty:
        raise InputError(
            Said(
                "{label}: {count:,} polygons have nothing in the column “{column}” (rows {empty}); fill it "
                "in, or group by another column",
                label=table.label,
                count=len(empty),
                column=column,
                empty=some(empty),
            )
        )
    if digits:
        code = code.str.slice(0, int(digits))
    name = texts(table.frame, "community_name", "name")
    groups = name.groupby(code)
    name = name.where(groups.transform("nunique") == 1, None)
    return gpd.GeoDataFrame(
        {"community_code": code, "community_name": name}, geometry=table.frame.geometry, crs=table.frame.crs
    )
