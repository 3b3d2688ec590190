"""One report for a whole city: all grids in one layer, figures of every jurisdiction, and an audit of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgis.audit.cover import PIECE_M2
from gridgis.city.jurisdictions import Division
from gridgis.city.manifest import Manifest
from gridgis.errors import ExportError
from gridgis.languages import Said
from gridgis.layers import Layers

if TYPE_CHECKING:
    from rich.console import Console

    from gridgis.audit import Certificate
    from gridgis.languages import Language

FILES = ("city.json", "city.gpkg", "city.geojson", "city.png")

COUNTS = ("grids", "in_bands", "explained", "broken", "households", "population", "buildings")

STATES: Mapping[str, Mapping[Language, str]] = {
    "done": {"zh": "完成", "en": "done"},
    "refused": {"zh": "输入有误", "en": "refused"},
    "infeasible": {"zh": "无法满足", "en": "cannot be met"},
    "failed": {"zh": "失败", "en": "failed"},
}

WORDS: Mapping[str, Mapping[Language, str]] = {
    "code": {"zh": "辖区", "en": "Jurisdiction"},
    "name": {"zh": "名称", "en": "Name"},
    "grids": {"zh": "网格", "en": "Grids"},
    "in_bands": {"zh": "达标", "en": "In bands"},
    "explained": {"zh": "有因未达标", "en": "Explained"},
    "broken": {"zh": "未达标", "en": "Broken"},
    "households": {"zh": "户数", "en": "Households"},
    "population": {"zh": "人口", "en": "People"},
    "buildings": {"zh": "建筑", "en": "Buildings"},
    "seconds": {"zh": "秒", "en": "Seconds"},
    "state": {"zh": "状态", "en": "State"},
    "total": {"zh": "合计", "en": "Total"},
}

TERMINAL_ROWS = 60
"""Jurisdictions that a terminal shows; of more it shows those first that need attention."""


@dataclass(frozen=True, kw_only=True)
class CityReport:
    """A city in tables.

    Attributes
    ----------
    rows
        Index ``code``: ``name``, ``state`` (see `jobs.Outcome`), ``COUNTS`` (0 where there is no plan), ``holds`` and
        ``rules_met`` (bool), ``seconds``, ``error``, ``error_zh``.
    grids
        Every grid as its plan's ``grids.gpkg`` has it, and ``jurisdiction`` (its code); in the layers' CRS.
    areas
        The jurisdictions: ``code``, ``name``, ``geometry``.
    certificate
        What the audit says of all grids over the whole city (cover, buildings); None where there is no grid.
    notes
        What a reader must know, in English and Chinese.
    """

    rows: pd.DataFrame
    grids: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    certificate: Certificate | None
    notes: tuple[tuple[str, str], ...]

    @property
    def totals(self) -> dict[str, int]:
        """Sums of the counts over all jurisdictions."""
        return {name: int(self.rows[name].sum()) for name in COUNTS}

    @property
    def done(self) -> int:
        """How many jurisdictions have a plan."""
        return int((self.rows["state"] == "done").sum())

    @property
    def rules_met(self) -> bool:
        """Whether every jurisdiction's plan keeps all its rules, and the audit of the whole finds no fault."""
        whole = self.certificate is not None and self.certificate.holds
        return self.done == len(self.rows) and whole and bool(self.rows["rules_met"].all())


def report_city(layers: Layers, counts: pd.DataFrame, division: Division, manifest: Manifest) -> CityReport:
    """Put together what the folder holds, and audit it as a whole."""
    from gridgis.audit import audit_grids

    rows, frames = [], []
    for place in division.jurisdictions:
        record = manifest.records[place.code]
        figures = {"holds": False, "rules_met": False} | dict.fromkeys(COUNTS, 0) | record["figures"]
        told = {
            "state": record["state"],
            "seconds": record["seconds"],
            "error": record["error"],
            "error_zh": record["error_zh"],
        }
        rows.append({"code": place.code, "name": place.name} | told | figures)
        if record["state"] == "done":
            grids = gpd.read_file(manifest.place(place.code) / "grids.gpkg", layer="grids", engine="pyogrio")
            grids.insert(0, "jurisdiction", place.code)
            frames.append(grids.set_crs(layers.crs, allow_override=True))
    areas = gpd.GeoDataFrame(
        {"code": [place.code for place in division.jurisdictions], "name": [p.name for p in division.jurisdictions]},
        geometry=[place.boundary for place in division.jurisdictions],
        crs=layers.crs,
    )
    certificate = None
    grids = gpd.GeoDataFrame({"jurisdiction": [], "code": [], "colour": []}, geometry=[], crs=layers.crs)
    if frames:
        grids = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=layers.crs)
        people = layers.buildings.assign(households=counts["households"], population=counts["population"])
        certificate = _allow_parts(audit_grids(grids, layers.boundary, people, slivers=layers.slivers), grids, areas)
    return CityReport(
        rows=pd.DataFrame(rows).set_index("code"),
        grids=grids,
        areas=areas,
        certificate=certificate,
        notes=division.notes,
    )


def _allow_parts(certificate: Certificate, grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> Certificate:
    """Let a grid have as many pieces as its jurisdiction has parts that it lies in."""
    parts, of = shapely.get_parts(areas.geometry.to_numpy(), return_index=True)
    own = areas.index[pd.Index(areas["code"]).get_indexer(grids["jurisdiction"])].to_numpy()
    shapes = grids.geometry.to_numpy()
    grid, part = shapely.STRtree(parts).query(shapes, predicate="intersects")
    mine = of[part] == own[grid]
    grid, part = grid[mine], part[mine]
    held = shapely.area(shapely.intersection(shapes[grid], parts[part])) > PIECE_M2
    allowed = np.bincount(grid[held], minlength=len(shapes))
    cover = replace(certificate.cover, allowed_pieces=np.maximum(certificate.cover.allowed_pieces, allowed))
    return replace(certificate, cover=cover)


def city_values(report: CityReport, layers: Layers) -> dict[str, Any]:
    """Return what ``city.json`` holds."""
    certificate = report.certificate
    whole = None
    if certificate is not None:
        found = certificate.to_dict()
        whole = {
            "holds": found["holds"],
            "cover": found["cover"],
            "buildings": found["buildings"],
            "faults_en": list(certificate.faults),
            "faults_zh": list(certificate.faults_zh),
        }
    return {
        "format": "gridgis-city-report",
        "city": layers.name,
        "crs": layers.crs.to_string(),
        "fingerprint": layers.fingerprint,
        "sources": dict(layers.sources),
        "attribution": layers.attribution,
        "totals": report.totals | {"jurisdictions": len(report.rows), "done": report.done},
        "rules_met": report.rules_met,
        "whole": whole,
        "notes_en": [en for en, _ in report.notes],
        "notes_zh": [zh for _, zh in report.notes],
        "jurisdictions": report.rows.reset_index().to_dict("records"),
    }


def write_city(report: CityReport, layers: Layers, folder: Path, language: Language) -> None:
    """Write ``city.json``, ``city.gpkg`` (grids, jurisdictions), ``city.geojson`` and ``city.png``; all or none."""
    from gridgis.city.overview import draw_overview
    from gridgis.export.folder import replaced_set, with_parts
    from gridgis.export.geojson import write_features
    from gridgis.export.plan_json import write_json

    with replaced_set(folder, {part for name in FILES for part in with_parts(name)}) as draft:
        try:
            write_json(city_values(report, layers), draft / "city.json")
            for layer, features in (("grids", report.grids), ("jurisdictions", report.areas)):
                several = bool((features.geom_type == "MultiPolygon").any())
                package = draft / "city.gpkg"
                features.to_file(
                    package, layer=layer, driver="GPKG", engine="pyogrio", index=False, promote_to_multi=several
                )
            if len(report.grids):
                write_features(report.grids, draft / "city.geojson", attribution=layers.attribution)
            draw_overview(report, layers, draft / "city.png", language=language)
        except OSError as error:
            raise ExportError(
                Said(
                    "{file} cannot be written: {error}; make room and run the same command again: what is done stays",
                    file=error.filename or folder,
                    error=error.strerror or error,
                )
            ) from error


def print_city(report: CityReport, console: Console, language: Language) -> None:
    """Print one row a jurisdiction, the totals, and why something is missing or broken."""
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    rows = report.rows
    attention = (rows["state"] != "done") | (rows["broken"] > 0) | ~rows["holds"].astype(bool)
    shown = rows if len(rows) <= TERMINAL_ROWS else pd.concat([rows[attention], rows[~attention]])
    table = Table(header_style="bold")
    for key in ("code", "name"):
        table.add_column(WORDS[key][language])
    for key in (*COUNTS, "seconds"):
        table.add_column(WORDS[key][language], justify="right")
    table.add_column(WORDS["state"][language])
    for row in shown.head(TERMINAL_ROWS).itertuples():
        table.add_row(
            escape(str(row.Index)),
            escape(str(row.name)),
            *(f"{getattr(row, key):,}" for key in COUNTS),
            f"{row.seconds:,.1f}",
            Text(STATES[str(row.state)][language], "green" if row.state == "done" else "bold red"),
        )
    table.add_section()
    totals = (f"{value:,}" for value in report.totals.values())
    table.add_row(WORDS["total"][language], "", *totals, f"{rows['seconds'].sum():,.1f}", "")
    console.print(table)
    if len(rows) > TERMINAL_ROWS:
        rest = len(rows) - TERMINAL_ROWS
        console.print(f"……其余 {rest} 个辖区见 city.json" if language == "zh" else f"… {rest} more are in city.json")
    for code, error in rows.loc[rows["error"] != "", "error_zh" if language == "zh" else "error"].items():
        for line in str(error).splitlines():
            console.print(Text(f"✗ {code}: {line}", "red"))
    for en, zh in report.notes:
        console.print(Text(zh if language == "zh" else en, "dim"))
    if report.certificate is not None:
        certificate = report.certificate
        for fault in certificate.faults_zh if language == "zh" else certificate.faults:
            console.print(Text(f"✗ {fault}", "red"))
        console.print(Text(certificate.summary(language), "bold green" if certificate.holds else "bold red"))
