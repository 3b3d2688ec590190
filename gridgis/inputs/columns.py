"""Which column means what: usual spellings in English and Chinese, cut to 10 bytes as shapefiles do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import pandas as pd

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "households": (
        "households", "household", "house_holds", "hh", "hhs", "num_hh", "n_households", "household_count", "num_households",
        "hh_count", "hu", "housing_units", "dwellings", "dwelling_units", "flats", "building:flats", "num_units",
        "户数", "总户数", "住户数", "住户", "家庭户数", "居民户数", "常住户数", "户籍户数", "实有户数", "hushu",
    ),
    "population": (
        "population_est", "population", "residents", "resident", "inhabitants", "persons", "people", "pop", "pop_total",
        "total_pop", "tot_pop", "totpop", "popul", "pop_count", "num_people",
        "人口", "人口数", "总人口", "常住人口", "常住人口数", "实有人口", "人数", "居民数", "居住人数", "居民人数", "renkou",
    ),
    "levels": (
        "levels", "building_levels", "building:levels", "num_floors", "floors", "floor", "floor_count", "num_levels",
        "n_floors", "stories", "storeys", "num_stories", "storey", "nfloors",
        "层数", "楼层", "楼层数", "地上层数", "总层数", "建筑层数", "房屋层数", "cengshu",
    ),
    "height": (
        "height", "building_height", "building:height", "bldg_height", "bldgheight", "hgt", "height_m", "hgt_m", "elevation_height",
        "高度", "建筑高度", "楼高", "房屋高度", "gaodu",
    ),
    "use": (
        "use", "building_use", "building:use", "land_use", "usage", "function", "bldg_use", "bldg_type", "building_type",
        "用途", "建筑用途", "房屋用途", "使用性质", "使用功能", "房屋性质", "建筑类型", "房屋类型", "楼栋类型", "性质", "功能", "类型",
        "yongtu",
    ),
    "name": (
        "name", "name:zh", "name_zh", "name:zh-hans", "road_name", "street_name", "street", "fullname", "full_name", "title",
        "名称", "名字", "道路名称", "道路名", "路名", "街道名称", "建筑名称", "楼名", "楼栋名称", "小区名称", "地名", "河流名称", "线路名称",
        "mingcheng", "name_chn", "name_cn", "label", "name_en", "name:en",
    ),
    "id": (
        "id", "building_id", "bldg_id", "osm_id", "osm_way_id", "@id", "objectid", "gid", "fid", "code", "uid", "uuid",
        "blockgroup", "geoid", "编号", "编码", "楼栋编号", "楼栋编码", "房屋编号", "建筑编号", "代码", "标识码",
    ),
    "compound": (
        "compound", "estate", "residential_compound", "housing_estate", "xiaoqu", "小区", "小区名称", "所属小区", "小区名", "所在小区",
        "院落", "村民组", "村民小组",
    ),
    "road_class": (
        "highway", "fclass", "road_class", "roadclass", "road_type", "class", "functional_class", "fun_class",
        "kind", "road_kind", "subclass", "type",
        "等级", "道路等级", "道路类型", "道路类别", "道路级别", "类型", "类别", "级别",
    ),
    "service": ("service",),
    "bridge": ("bridge", "is_bridge", "桥", "桥梁", "是否桥梁"),
    "tunnel": ("tunnel", "is_tunnel", "隧道", "是否隧道"),
    "layer": ("layer", "z_order_layer", "层级"),
    "location": ("location",),
    "railway": ("railway",),
    "waterway": ("waterway",),
    "barrier": ("barrier",),
    "natural": ("natural",),
    "water": ("water",),
    "landuse": ("landuse", "land_use", "用地性质", "用地类型", "地类", "地类名称"),
    "leisure": ("leisure",),
    "amenity": ("amenity",),
    "man_made": ("man_made",),
    "boundary_kind": ("kind", "class", "fclass", "type", "subclass", "barrier_type", "类型", "类别", "种类", "性质"),
    "building": ("building", "building:class", "bldg_class", "fclass", "type"),
    "shop": ("shop",),
    "office": ("office",),
}  # fmt: skip
"""Field of ours -> the spellings it goes by, best first."""

_POPULATION = re.compile(r"^(tot(al)?_?)?pop(ulation)?([_]?(est|total|tot|sum|count|num|all|\d{2,4}))*$|^pop")
_NOT_A_COUNT = re.compile(
    r"dens|psmi|psqm|sqmi|sq_?km|km2|(^|_)per(_|$)|pct|perc|rate|ratio|share|growth|popup|密度|比|率|每"
)
_CUT_BYTES = (9, 10)


def normal(name: str) -> str:
    """Return a column's name as it is compared: NFKC, lower case, one kind of separator, no bracketed unit."""
    text = unicodedata.normalize("NFKC", str(name)).strip().casefold()
    text = re.sub(r"[(\[（].*?[)\]）]$", "", text).strip()
    return re.sub(r"[\s:：.\-_]+", "_", text).strip("_")


def find_columns(frame: pd.DataFrame, field: str) -> list[str]:
    """Return the columns of `frame` that may hold `field`, the likeliest first.

    A name matches a spelling exactly, without its separators, or as that
    spelling cut to the 10 bytes of a shapefile's field name. For counts of
    people, numeric columns whose names begin with ``pop`` follow; densities
    and rates never match.
    """
    names = {str(c): normal(c) for c in frame.columns if str(c) != "geometry"}
    if field in ("population", "households"):
        names = {c: n for c, n in names.items() if not _NOT_A_COUNT.search(n)}
    found: list[str] = []
    spellings = [normal(s) for s in SPELLINGS[field]]
    for spelling in spellings:
        found += [c for c, n in names.items() if n == spelling or n.replace("_", "") == spelling.replace("_", "")]
    for spelling in spellings:
        found += [c for c, n in names.items() if _is_cut(c, n, spelling)]
    if field == "population":
        found += [c for c, n in names.items() if _POPULATION.search(n) and pd.api.types.is_numeric_dtype(frame[c])]
    return list(dict.fromkeys(found))


def find_column(frame: pd.DataFrame, field: str, columns: Mapping[str, str] | None = None) -> str | None:
    """Return the column that holds `field`: the one `columns` names, else the likeliest, else None."""
    if columns and field in columns:
        return columns[field] if columns[field] in frame.columns else None
    found = find_columns(frame, field)
    return found[0] if found else None


def missing_column(wanted: str, names: Iterable[object], layer: str) -> str:
    """Say that a column isn't there, which are, and which look like it."""
    there = [str(n) for n in names if str(n) != "geometry"]
    close = get_close_matches(normal(wanted), [normal(n) for n in there], n=3, cutoff=0.6)
    meant = [n for n in there if normal(n) in close]
    hint = f"; did you mean {' or '.join(f'“{m}”' for m in meant)}?" if meant else ""
    listed = ", ".join(there) if there else "none at all"
    return f"{layer}: there is no column “{wanted}”; its columns are: {listed}{hint}"


def coalesce(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return the first value that is filled in, row by row, along `columns` (object dtype, None where none is)."""
    result = pd.Series(None, index=frame.index, dtype=object)
    for column in columns:
        values = frame[column].astype(object)
        filled = values.notna() & (values.astype(str).str.strip() != "")
        result = result.where(result.notna(), values.where(filled, None))
    return result.where(result.notna(), None)


def as_text(values: pd.Series) -> pd.Series:
    """Return values as trimmed text, whole numbers without ``.0``, None where nothing is written."""
    if pd.api.types.is_float_dtype(values):
        whole = values.notna() & (values == values.round()) & (values.abs() < 2**53)
        text = values.astype(object)
        text[whole] = values[whole].astype("int64").astype(object)
        values = text
    elif values.dtype == object:
        values = values.map(lambda v: int(v) if isinstance(v, float) and v.is_integer() else v)
    result = values.astype(object)
    filled = values.notna().to_numpy()
    result[filled] = values[filled].astype(str).str.strip()
    result[~filled | (result.astype(object) == "").to_numpy()] = None
    return result.astype(object)


def _is_cut(column: str, name: str, spelling: str) -> bool:
    if name == spelling or not spelling.startswith(name):
        return False
    return any(len(column.encode(code, "ignore")) in _CUT_BYTES for code in ("utf-8", "gb18030"))
