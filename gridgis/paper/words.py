"""What is printed on every page, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from gridgis.languages import Language

WORDS: Mapping[str, Mapping[Language, str]] = {
    "board": {"zh": "网格公示牌", "en": "Your service grid"},
    "card": {"zh": "网格联系卡", "en": "Contact card"},
    "atlas": {"zh": "网格图册", "en": "Atlas of service grids"},
    "duties": {"zh": "工作职责", "en": "What we do"},
    "bounds": {"zh": "四至范围", "en": "Bounds"},
    "supervision": {"zh": "监督电话", "en": "Supervision"},
    "scan": {"zh": "扫码查看本网格、反映问题", "en": "Scan: your grid, report a problem"},
    "scan_short": {"zh": "扫码联系", "en": "Scan"},
    "vacant": {"zh": "待公布", "en": "to be announced"},
    "figures": {"zh": "基本情况", "en": "Figures"},
    "grids": {"zh": "网格", "en": "Grids"},
    "households": {"zh": "户数", "en": "Households"},
    "population": {"zh": "人口", "en": "People"},
    "buildings": {"zh": "建筑", "en": "Buildings"},
    "area": {"zh": "面积（公顷）", "en": "Area (ha)"},
    "neighbours": {"zh": "相邻网格", "en": "Neighbours"},
    "streets": {"zh": "道路索引", "en": "Index of streets"},
    "no_streets": {"zh": "图层中没有有名称的道路。", "en": "The layers hold no named streets."},
    "overview": {"zh": "总览图", "en": "Overview"},
    "page": {"zh": "第{page}页", "en": "page {page}"},
    "made": {"zh": "制作日期 {day}", "en": "made {day}"},
    "map_data": {"zh": "地图数据：{source}", "en": "Map data: {source}"},
    "east": {"zh": "东至", "en": "East"},
    "south": {"zh": "南至", "en": "South"},
    "west": {"zh": "西至", "en": "West"},
    "north": {"zh": "北至", "en": "North"},
    "leader": {"zh": "网格长", "en": "Grid leader"},
    "officer": {"zh": "网格员", "en": "Grid officer"},
    "information": {"zh": "信息员", "en": "Information officer"},
    "police": {"zh": "民警", "en": "Police officer"},
    "volunteer": {"zh": "志愿者", "en": "Volunteer"},
    "steward": {"zh": "楼栋长", "en": "Building steward"},
    "supervisor": {"zh": "督导员", "en": "Supervisor"},
}

DUTIES_OF_A_GRID: Mapping[Language, tuple[str, ...]] = {
    "zh": (
        "走访巡查，及时发现并报告安全隐患",
        "受理居民反映的问题，限时办理并反馈结果",
        "了解社情民意，协助调解矛盾纠纷",
        "宣传政策法规和安全知识",
        "联系服务有困难的居民",
        "突发事件及时上报，协助处置",
    ),
    "en": (
        "Walk the grid and report what is unsafe",
        "Take up what residents report, and tell the outcome in time",
        "Listen, and help to settle disputes",
        "Tell of rules and of safety",
        "Help residents in need",
        "Report emergencies at once and help to handle them",
    ),
}
"""What a board says where the office has not said it in its own words."""


def word(key: str, language: Language, **values: object) -> str:
    """Return a word as it is printed."""
    return WORDS[key][language].format(**values)
