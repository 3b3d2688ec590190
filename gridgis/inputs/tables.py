"""One layer as it was read: its rows, their names, its CRS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypeAlias

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridgis.errors import InputError
from gridgis.inputs.columns import as_text, coalesce, find_columns
from gridgis.inputs.crs import missing_crs, plain_crs, to_crs
from gridgis.inputs.roles import ROLE_WORDS, read_role
from gridgis.languages import Said, Words
from gridgis.repair import without_endless

Source: TypeAlias = str | Path | gpd.GeoDataFrame
"""A file, ``file.gpkg|layername=NAME|where=COLUMN=VALUE``, or a GeoDataFrame."""

_SHAPEFILES = (".shp", ".zip")


@dataclass(frozen=True)
class Table:
    """A layer: rows numbered from 0, shapes in ``geometry``.

    Attributes
    ----------
    role
        One of `roles.ROLES`.
    name
        The file's name (``town.gpkg|roads``), or the role for a GeoDataFrame.
    """

    role: str
    name: str
    frame: gpd.GeoDataFrame

    @property
    def label(self) -> Words:
        """What messages call it."""
        role = ROLE_WORDS[self.role]
        return role if self.name == self.role else Said("{role} ({name})", role=role, name=self.name)

    @property
    def crs(self) -> CRS:
        """The CRS it states."""
        return CRS(self.frame.crs)

    def ids(self) -> pd.Series:
        """Return the ids that people know, as text; the row's number where there is none."""
        rows = pd.Series([f"row {n + 1}" for n in range(len(self.frame))], index=self.frame.index, dtype=object)
        named = find_columns(self.frame, "id")
        stated = pd.DataFrame({column: as_text(self.frame[column]) for column in named}, index=self.frame.index)
        known = coalesce(stated, named)
        return known.where(known.notna(), rows)

    def with_crs(self, assumed: CRS | None) -> Self:
        """Return it with its CRS in plain form, or the one assumed where it states none; else InputError."""
        if self.frame.crs is not None:
            return replace(self, frame=self.frame.set_crs(plain_crs(self.crs), allow_override=True))
        if assumed is not None:
            return replace(self, frame=self.frame.set_crs(assumed))
        shapefile = self.name.casefold().endswith(_SHAPEFILES)
        raise InputError(missing_crs(self.label, tuple(self.frame.total_bounds), shapefile=shapefile))

    def to_crs(self, crs: CRS) -> Self:
        """Return it in another CRS; raises InputError when its coordinates cannot be brought there."""
        return replace(self, frame=to_crs(self.frame, crs, self.label))


def read_tables(role: str, source: Source) -> list[Table]:
    """Read what a source holds for a role; several tables only for barriers.

    Raises
    ------
    InputError
        When a file is unreadable or a table has no geometry.
    """
    if isinstance(source, gpd.GeoDataFrame):
        return [Table(role, role, _plain(source))]
    if isinstance(source, pd.DataFrame):
        raise InputError(
            Said("{role}: is a table without geometry; give a GeoDataFrame or a file", role=ROLE_WORDS[role])
        )
    return [Table(role, name, _plain(frame)) for name, frame in read_role(source, role)]


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = frame.active_geometry_name
    if name is None:
        raise InputError(Said("a GeoDataFrame has no active geometry; set it with set_geometry"))
    if name != "geometry":
        frame = frame.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
    frame = frame.loc[:, ~frame.columns.duplicated()].rename(columns=str)
    if frame.crs is not None and CRS(frame.crs).name.casefold().startswith("undefined"):
        frame = frame.set_crs(None, allow_override=True)  # how GeoPackage says that it does not know
    return without_endless(frame.reset_index(drop=True))
