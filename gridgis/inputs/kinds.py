"""What lines and surfaces are: tags and words, English and Chinese, to a key of `features.KINDS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from gridgis.inputs.columns import find_column, find_columns

NOT_A_LINE = ""
"""Kind of what is in the layer but is no line on the ground (a platform, a road under construction)."""

_ROADS: Mapping[str, str] = {
    value: kind
    for kind, values in {
        "motorway": "motorway expressway freeway highway interstate motorway_junction 高速 高速公路 高速路",
        "trunk": "trunk 快速路 快速 城市快速路 国道",
        "primary": "primary arterial major_arterial principal_arterial 主干路 主干道 主路 主要道路 省道 一级 一级公路 干道",
        "secondary": "secondary minor_arterial major_road 次干路 次干道 次路 县道 二级 二级公路",
        "tertiary": "tertiary collector 支路 支道 三级 三级公路 乡道 乡镇道路",
        "road": "unclassified road minor_road minor unknown street 道路 公路 四级 四级公路 村道 其他道路 等外 等外公路",
        "residential": "residential living_street pedestrian local local_road 街道 街巷 巷 巷道 弄 里弄 胡同 街 生活道路 步行街 "
        "居住区道路",
        "service": "service track busway bus_guideway driveway alley private 内部道路 内部路 小区道路 小区路 小区内部道路 园区道路 "
        "校园道路 机耕路 田间道",
        "path": "footway steps path cycleway bridleway pier trail foot sidewalk crossing walkway pathway 步行道 人行道 人行步道 "
        "步道 小路 小道 台阶 楼梯 自行车道 非机动车道 绿道 游步道 栈道",
        NOT_A_LINE: "construction proposed planned raceway platform elevator corridor bus_stop rest_area services escape "
        "abandoned disused razed demolished ferry via_ferrata crossing_point no emergency_bay emergency_access_point "
        "traffic_island 在建 规划 规划道路 规划路 拟建 废弃 轮渡",
    }.items()
    for value in values.split()
}
_ROAD_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words), kind)
    for words, kind in (
        (r"规划|在建|拟建|废弃|轮渡|地铁|construction|proposed|ferry", NOT_A_LINE),
        (r"高速|motorway|freeway|expressway", "motorway"),
        (r"快速|国道|trunk", "trunk"),
        (r"次干|县道|secondary|minor.?arterial", "secondary"),
        (r"主干|干路|省道|primary|arterial", "primary"),
        (r"支路|支线|乡道|tertiary|collector", "tertiary"),
        (r"小区|内部|园区|院内|机耕|service|driveway|alley", "service"),
        (r"步行|人行|步道|台阶|自行车|绿道|foot|path|cycle|trail|steps", "path"),
        (r"街|巷|弄|胡同|resid|local|living", "residential"),
        (r"村道|道路|公路|road|street", "road"),
    )
)

_RAILWAYS: Mapping[str, str] = {
    value: kind
    for kind, values in {
        "rail": "rail light_rail narrow_gauge monorail funicular preserved miniature railway 铁路 铁道 轻轨 高铁",
        "tram": "tram tramway 有轨电车 电车",
        "subway": "subway metro underground 地铁",
    }.items()
    for value in values.split()
}
_WATERWAYS: Mapping[str, str] = {
    value: kind
    for kind, values in {
        "river": "river canal tidal_channel riverbank dock 河 河流 江 运河 河道",
        "stream": "stream drain ditch brook 溪 溪流 沟渠 水渠 渠 沟 排水沟",
        "water": "water lake pond reservoir basin shoreline 湖 湖泊 水 水体 水面 水域 水库 池塘 坑塘",
    }.items()
    for value in values.split()
}
_BARRIERS = dict.fromkeys(
    "wall fence hedge retaining_wall city_wall noise_barrier sound_barrier chain palisade 围墙 墙 围栏 栅栏 绿篱 篱笆 城墙 挡墙".split(),
    "wall",
) | {"ditch": "stream"}
_WATERS = (
    "water reservoir basin pond salt_pond lake lagoon river canal riverbank ocean sea dock harbour 水域 水体 河流水面 湖泊水面 水库水面 "
    "坑塘水面"
).split()
_NATURAL = (
    dict.fromkeys(_WATERS, "water")
    | dict.fromkeys("wood scrub beach sand grassland heath wetland bare_rock shingle scree fell".split(), "landuse")
    | {"coastline": "water", "cliff": "wall", "earth_bank": "wall"}
)
_MAN_MADE = {"embankment": "wall", "dyke": "wall", "pier": NOT_A_LINE, "breakwater": "wall", "groyne": NOT_A_LINE}
_NO_PLOT = set(
    "lane lanes lane;parking steps bus_stop cycleway footway road highway pedestrian path flowerbed platform pier traffic_island "
    "attraction protected_area fuel fountain swimming_pool outdoor_seating bench slipway picnic_table bird_hide".split()
)
_AMENITIES = set(
    "school university college kindergarten hospital clinic place_of_worship grave_yard prison marketplace parking "
    "research_institute bus_station monastery social_facility".split()
)
_FILE_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (r"tram|有轨|电车", "tram"),
        (r"rail|铁路|铁道|轨道|轻轨", "rail"),
        (r"river|canal|waterway|河|江|运河", "river"),
        (r"stream|ditch|drain|溪|渠|沟", "stream"),
        (r"water|lake|pond|coast|shore|水|湖|海岸", "water"),
        (r"compound|estate|小区|院落", "compound"),
        (r"land.?use|parcel|plot|park|green|用地|地块|宗地|绿地|公园", "landuse"),
        (r"wall|fence|hedge|墙|栏|篱", "wall"),
    )
)


def road_kinds(frame: pd.DataFrame) -> pd.Series:
    """Return each road's kind; ``NOT_A_LINE`` where the row is no way on the ground, ``road`` where nothing says."""
    result = pd.Series(None, index=frame.index, dtype=object)
    classes = find_columns(frame, "road_class")
    for column in classes:
        kinds = _mapped(frame[column], _road_kind)
        result = result.where(result.notna(), kinds)
    other = pd.Series(False, index=frame.index)
    for field in ("railway", "waterway", "barrier", "natural", "man_made"):
        column = find_column(frame, field)
        if column is not None:
            other |= _filled(frame[column])
    return result.where(result.notna() | ~other, NOT_A_LINE).fillna("road")


def barrier_kinds(frame: pd.DataFrame, source: str) -> pd.Series:
    """Return each row's kind, ``subway`` for lines under the ground, ``NOT_A_LINE`` for what bounds nothing.

    The tags of a row decide; where no column of the file tells anything, its
    name does (``rivers``, ``铁路`` …), and a file that says nothing at all
    holds walls.
    """
    result = pd.Series(None, index=frame.index, dtype=object)
    told = False
    for field, kind_of in _BARRIER_FIELDS.items():
        for column in find_columns(frame, field):
            kinds = _mapped(frame[column], kind_of)
            told |= bool(kinds.notna().any())
            result = result.where(result.notna(), kinds)
    by_name = kind_of_name(source)
    return result.fillna(by_name or (NOT_A_LINE if told else "wall"))


def kind_of_name(source: str) -> str | None:
    """Return the kind that a file's or layer's name speaks of, or None."""
    return next((kind for pattern, kind in _FILE_WORDS if pattern.search(source)), None)


def flags(frame: pd.DataFrame, field: str) -> pd.Series:
    """Return whether each row is a ``bridge`` or a ``tunnel`` (bool).

    A passage through a building lies at ground level and is no tunnel; what
    is underground by its ``location`` is one.
    """
    result = pd.Series(False, index=frame.index)
    column = find_column(frame, field)
    if column is not None:
        result |= _mapped(frame[column], _flag).eq(True)
    if field == "tunnel":
        location = find_column(frame, "location")
        if location is not None:
            result |= frame[location].eq("underground")
    return result.astype(bool)


def _road_kind(value: str) -> str | None:
    value = value.split(";")[0].strip()
    bare = value.removesuffix("_link").removesuffix(" link")
    if bare in _ROADS:
        return _ROADS[bare]
    if value.isdigit():
        return None
    return next((kind for pattern, kind in _ROAD_WORDS if pattern.search(value)), None)


def _railway(value: str) -> str:
    return _RAILWAYS.get(value, NOT_A_LINE)


def _waterway(value: str) -> str:
    return _WATERWAYS.get(value, NOT_A_LINE)


def _barrier(value: str) -> str:
    return _BARRIERS.get(value, NOT_A_LINE)


def _natural(value: str) -> str:
    return _NATURAL.get(value, NOT_A_LINE)


def _man_made(value: str) -> str:
    return _MAN_MADE.get(value, NOT_A_LINE)


def _water(value: str) -> str | None:
    return None if value in ("no", "0", "false") else "water"


def _landuse(value: str) -> str:
    if value in _WATERS:
        return "water"
    return NOT_A_LINE if value in _NO_PLOT else "landuse"


def _amenity(value: str) -> str:
    return "landuse" if value in _AMENITIES else NOT_A_LINE


def _any(value: str) -> str | None:
    """Kind of a value in a column that may speak of anything."""
    for table in (_RAILWAYS, _BARRIERS, _WATERWAYS, _NATURAL):
        if value in table:
            return table[value]
    if value in _WATERS:
        return "water"
    if value in _NO_PLOT:
        return NOT_A_LINE
    return kind_of_name(value)


_BARRIER_FIELDS: Mapping[str, Callable[[str], str | None]] = {
    "waterway": _waterway,
    "railway": _railway,
    "barrier": _barrier,
    "natural": _natural,
    "water": _water,
    "man_made": _man_made,
    "landuse": _landuse,
    "leisure": _landuse,
    "amenity": _amenity,
    "boundary_kind": _any,
}


def _flag(value: str) -> bool:
    return value not in ("no", "n", "0", "0.0", "false", "f", "none", "building_passage", "否", "无", "nan")


def _filled(values: pd.Series) -> pd.Series:
    return values.notna() & (values.astype(str).str.strip() != "")


def _mapped(values: pd.Series, kind_of: Callable[[str], object]) -> pd.Series:
    known = {value: kind_of(str(value).strip().casefold()) for value in values.dropna().unique() if str(value).strip()}
    result = values.astype(object).map(known).astype(object)
    return result.where(result.notna(), None).replace({np.nan: None})
