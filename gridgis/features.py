"""Kinds of lines on the ground: how strong each is as a boundary, whether it blocks people, its words.

One table for the whole engine: units cut along these kinds in the order of `step`, the
graph weighs cuts by `cost`, the four bounds and the audit use the names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of line.

    Attributes
    ----------
    step
        0 bounds blocks; 1 divides blocks that are too large; 2 is drawn between buildings;
        -1 never cuts.
    cost
        What a metre of grid boundary along it costs, 0 (best) to 2 (worst). Rivers, railways and roads above a street
        are far below all else, so that a boundary goes a long way round along them.
    blocks
        People cannot cross it except where a road does.
    visible
        It can be seen on the ground.
    rank
        Where several lie on one another, the highest rank names the line.
    """

    name: str
    zh: str
    en: str
    step: int
    cost: float
    blocks: bool = False
    visible: bool = True
    rank: int = 0


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("jurisdiction", "辖区边界", "the jurisdiction's boundary", 0, 0.0, rank=100),
        Kind("river", "河流", "river", 0, 0.05, blocks=True, rank=90),
        Kind("water", "水域", "water", 0, 0.05, blocks=True, rank=80),
        Kind("rail", "铁路", "railway", 0, 0.05, blocks=True, rank=85),
        Kind("motorway", "高速公路", "motorway", 0, 0.05, blocks=True, rank=84),
        Kind("trunk", "快速路", "trunk road", 0, 0.05, rank=72),
        Kind("primary", "主干道", "primary road", 0, 0.1, rank=70),
        Kind("secondary", "次干道", "secondary road", 0, 0.1, rank=68),
        Kind("tertiary", "支路", "tertiary road", 0, 0.15, rank=66),
        Kind("road", "道路", "road", 0, 0.2, rank=64),
        Kind("residential", "街道", "street", 0, 0.9, rank=62),
        Kind("service", "内部道路", "service road", 1, 1.0, rank=50),
        Kind("path", "步行道", "path", 1, 1.1, rank=40),
        Kind("stream", "溪沟", "stream", 1, 0.8, rank=55),
        Kind("tram", "有轨电车", "tramway", 1, 1.0, rank=52),
        Kind("wall", "围墙", "wall or fence", 1, 1.0, rank=45),
        Kind("community", "社区边界", "community boundary", 0, 0.0, visible=False, rank=38),
        Kind("existing", "原网格边界", "boundary of an existing grid", 0, 0.9, visible=False, rank=28),
        Kind("compound", "小区边界", "compound's edge", 1, 0.8, rank=42),
        Kind("landuse", "地块边界", "land-use edge", 1, 1.2, rank=30),
        Kind("building", "建筑外墙", "edge of a building", 2, 1.2, rank=20),
        Kind("none", "楼间界线", "line between buildings", 2, 2.0, visible=False, rank=0),
    )
}

ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary", "road", "residential", "service", "path")
"""Kinds that carry people along them, and so across a river or railway they meet."""

USES = (
    "detached",  # a house of one household, villas and farmhouses too
    "terrace",  # houses in a row or in pairs
    "apartments",  # flats, one above another
    "residential",  # lived in, of a type not said
    "dormitory",  # many people, few households: student housing, care homes
    "mixed",  # people live there, above shops or beside offices
    "unknown",  # not said: most buildings of most layers
    "outbuilding",  # garages, sheds, roofs: nobody lives there
    "nonresidential",  # offices, shops, schools, factories
)
"""What a building is used for, as far as its layer says."""

COMPOUNDS = {
    "compound": ("小区", "compound"),
    "group": ("村民组", "villager group"),
    "institution": ("单位", "institution"),
}
"""Kinds of areas that stay whole."""
