"""What the grids are called: codes that stay with their grids, by template and level."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from gridgis.errors import InputError
from gridgis.languages import Said, Words, listed
from gridgis.layers import Layers
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Assignment
from gridgis.units import Units

Ints = npt.NDArray[np.int64]

TEMPLATE = "{parent}{number:0{width}}"
"""An area's code: that of the area above, or the jurisdiction's own, and its number there, of at least 3 digits.

Templates may name ``parent``, ``number``, ``width`` (digits that the largest number has, at least 3), and
``jurisdiction`` (the code given for it as a whole).
"""
_WORDS: Mapping[str, Words] = {
    "community": Said("community"),
    "sector": Said("sector"),
    "grid": Said("grid"),
    "micro": Said("micro-grid"),
}
NAMES = {
    "sector": ("第{number}片区", "Sector {number}"),
    "grid": ("第{number}网格", "Grid {number}"),
    "micro": ("第{number}微网格", "Micro-grid {number}"),
}
"""Level -> name in Chinese and English."""


@dataclass(frozen=True, kw_only=True)
class Codes:
    """Codes and names of k grids, codes of their sectors, and codes that are no longer used and never will be again."""

    code: tuple[str, ...]
    name: tuple[str, ...]
    name_en: tuple[str, ...]
    sector: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()


def name_grids(
    units: Units,
    assignment: Assignment,
    layers: Layers,
    options: PlanOptions,
    *,
    sector: Ints | None = None,
    retired: Sequence[str] = (),
    kept: Mapping[int, str] | None = None,
) -> Codes:
    """Give every grid its code and name.

    A code of an existing plan stays with the grid that keeps most of its households; where two would come to one
    grid, the one with more stays. Codes without a grid are retired; new grids get numbers never used before.
    ``kept`` says it where that is known better: grid -> its old code.
    ``sector`` (k,) is the sector of each grid, numbered from 0, where there are any; their codes are parents.
    """
    k = assignment.grids
    community = community_of(units, assignment)
    above = community_codes(layers, options)
    kept = keep_codes(units, assignment, layers.existing) if kept is None else kept
    gone = tuple(dict.fromkeys([*retired, *(c for c in layers.existing["code"] if c not in kept.values())]))
    used = [*kept.values(), *gone]
    code, name, name_en = [""] * k, [""] * k, [""] * k
    known = layers.existing.set_index("code")["name"].to_dict() if len(layers.existing) else {}
    parents = [above[place] if place >= 0 else options.parent_code for place in community.tolist()]
    sectors = () if sector is None else _sector_codes(sector, parents, options)
    if sector is not None:
        parents = [sectors[place] for place in sector.tolist()]
    for parent in dict.fromkeys(parents):
        members = [grid for grid in range(k) if parents[grid] == parent]
        taken = _highest(used, parent)
        width = max(3, len(str(taken + len(members))))
        for grid in members:
            code[grid] = kept.get(grid) or ""
            if not code[grid]:
                taken += 1
                code[grid] = write_code(options.level, parent, taken, width, options)
            made_up = _made_up(code[grid], community[grid], above, layers, options)
            name[grid], name_en[grid] = (known.get(code[grid]) or words for words in made_up)
    return Codes(code=tuple(code), name=tuple(name), name_en=tuple(name_en), sector=tuple(sectors), retired=gone)


def _sector_codes(sector: Ints, parents: Sequence[str], options: PlanOptions) -> list[str]:
    """Number the sectors within their communities, in the order of their first grids."""
    first = np.unique(sector, return_index=True)[1].tolist()
    count: dict[str, int] = {}
    codes = []
    for grid in first:
        number = count[parents[grid]] = count.get(parents[grid], 0) + 1
        codes.append(write_code("sector", parents[grid], number, 3, options))
    return codes


def _made_up(code: str, community: int, above: Sequence[str], layers: Layers, options: PlanOptions) -> tuple[str, str]:
    """Return the name of a grid that nobody named, in Chinese and English: what its code adds to its community's."""
    title = layers.communities["name"].iloc[community] if community >= 0 else None
    number = code.removeprefix(above[community] if community >= 0 else options.parent_code)
    zh, en = NAMES[options.level]
    return (title or "") + zh.format(number=number), (f"{title}, " if title else "") + en.format(number=number)


def succeed(
    codes: Codes,
    bears: Sequence[int],
    community: Sequence[int],
    layers: Layers,
    options: PlanOptions,
    *,
    sector: Sequence[int] = (),
) -> Codes:
    """Name the grids of a plan that comes of another: old ones as before, new ones with numbers never used.

    Parameters
    ----------
    codes
        Of the plan before.
    bears
        (k,) the grid there whose code each grid has; -1: it is new.
    community
        (k,) the community each grid lies in; -1: none.
    sector
        (k,) the sector each grid lies in, as numbered before, where there are any; those left without grids are
        retired, too.
    """
    above = community_codes(layers, options)
    kept, left = set(bears), set(sector)
    gone = [code for grid, code in enumerate(codes.code) if grid not in kept]
    gone += [code for place, code in enumerate(codes.sector) if place not in left]
    used = {*codes.code, *codes.retired}
    column: dict[str, list[str]] = {"code": [], "name": [], "name_en": []}
    for grid, (old, place) in enumerate(zip(bears, community, strict=True)):
        parent = codes.sector[sector[grid]] if sector else above[place] if place >= 0 else options.parent_code
        row = (codes.code[old], codes.name[old], codes.name_en[old]) if old >= 0 else None
        if row is None:
            taken = _highest([*used], parent) + 1
            while (code := write_code(options.level, parent, taken, max(3, len(str(taken))), options)) in used:
                taken += 1
            used.add(code)
            row = (code, *_made_up(code, place, above, layers, options))
        for values, value in zip(column.values(), row, strict=True):
            values.append(value)
    return Codes(
        **{name: tuple(values) for name, values in column.items()},
        sector=tuple(code for place, code in enumerate(codes.sector) if place in left),
        retired=tuple(dict.fromkeys([*codes.retired, *gone])),
    )


def community_of(units: Units, assignment: Assignment) -> Ints:
    """Return (k,) the community each grid lies in; -1: none."""
    out = np.full(assignment.grids, -1, np.int64)
    out[assignment.grid] = units.frame["community"].to_numpy(np.int64)
    return out


def community_codes(layers: Layers, options: PlanOptions) -> list[str]:
    """Return the communities' codes: their own, or made up in their order."""
    own = layers.communities["code"].tolist()
    width = max(3, len(str(len(own))))
    return [
        given or write_code("community", options.parent_code, number, width, options)
        for number, given in enumerate(own, 1)
    ]


def keep_codes(units: Units, assignment: Assignment, existing: gpd.GeoDataFrame) -> dict[int, str]:
    """Return grid -> the code of the existing grid whose households it keeps, see `name_grids`."""
    if not len(existing):
        return {}
    frame = units.frame
    before = frame["existing"].to_numpy(np.int64)
    # where nobody lives, area decides
    weight = frame["households"].to_numpy(float) + 1e-12 * frame["area_m2"].to_numpy(float)
    codes = existing["code"].tolist()
    return {grid: codes[place] for grid, place in keep_most(before, assignment.grid, weight, len(codes)).items()}


def keep_most(before: Ints, grid: Ints, weight: npt.NDArray[np.float64], n: int) -> dict[int, int]:
    """Return grid -> which of ``n`` areas before lives on in it: each in the grid that has most of its weight.

    Where two would come to one grid, the one with more stays. ``before`` (units,): -1 where a unit lay in none.
    """
    was = before >= 0
    heir, share = _heirs(before[was], grid[was], weight[was], n)
    out: dict[int, int] = {}
    for place in np.lexsort((np.arange(n), -share)).tolist():
        if share[place] > 0:
            out.setdefault(int(heir[place]), place)
    return out


def _heirs(before: Ints, grid: Ints, weight: npt.NDArray[np.float64], n: int) -> tuple[Ints, npt.NDArray[np.float64]]:
    """Return for each existing grid the grid with most of its weight, and how much that is."""
    pairs, of = np.unique(np.column_stack([before, grid]), axis=0, return_inverse=True)
    total = np.bincount(of.ravel(), weight, len(pairs))
    order = np.lexsort((pairs[:, 1], -total, pairs[:, 0]))
    first = order[np.unique(pairs[order, 0], return_index=True)[1]]
    heir, share = np.zeros(n, np.int64), np.zeros(n)
    heir[pairs[first, 0]], share[pairs[first, 0]] = pairs[first, 1], total[first]
    return heir, share


def check_templates(layers: Layers, options: PlanOptions) -> Iterator[Words]:
    """Find templates that cannot be filled in, or that give two areas of a level the same code."""
    levels = ["sector"] * (options.sectors is not None) + [options.level] + ["micro"] * (options.micro is not None)
    if layers.communities["code"].isna().any():
        levels.insert(0, "community")
    for level in levels:
        if level not in options.codes:
            continue
        try:
            one, other = (write_code(level, parent, 1, 3, options) for parent in ("1", "2"))
        except InputError as error:
            yield from error.faults
            continue
        several = level == "micro" or (level != "community" and len(layers.communities) > 0)
        several |= level == "grid" and options.sectors is not None
        if several and one == other:
            yield (
                Said(
                    "the template “{template}” for the codes of a {level} leaves out what it lies in, so that "
                    "codes would come twice; add {{parent}}",
                    template=options.codes[level],
                    level=_WORDS[level],
                )
            )


def write_code(level: str, parent: str, number: int, width: int, options: PlanOptions) -> str:
    """Fill in a level's template; raises InputError when it names what there is not, or leaves out the number."""
    template = options.codes.get(level, TEMPLATE)
    values: dict[str, object] = {
        "parent": parent,
        "jurisdiction": options.parent_code,
        "number": number,
        "width": width,
    }
    try:
        code = template.format(**values)
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(
            Said(
                "the template “{template}” for the codes of a {level} cannot be filled in ({error}); it may "
                "name {values}, e.g. {{parent}}{{number:03}}",
                template=template,
                level=_WORDS[level],
                error=error,
                values=listed(f"{{{name}}}" for name in values),
            )
        ) from None
    if template.format(**(values | {"number": number + 1})) == code:
        raise InputError(
            Said(
                "the template “{template}” gives every {level} the same code; add {{number:03}}",
                template=template,
                level=_WORDS[level],
            )
        )
    return code


def _highest(codes: Sequence[str], parent: str) -> int:
    """Return the highest number that codes of one parent end in; 0 without any."""
    pattern = re.compile(re.escape(parent) + r"\D*(\d+)$")
    return max((int(found[1]) for code in codes if (found := pattern.match(code))), default=0)
