"""Which rules conflict where a grid breaks one, and what would help: tried, not guessed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridgis.errors import some, some_zh
from gridgis.explain.region import Region
from gridgis.features import KINDS
from gridgis.measures import NOUNS

if TYPE_CHECKING:
    from gridgis.plan import Plan

Progress = Callable[[str, float], None]
Pair = tuple[str, str]
"""A text in English and in Chinese."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of the plan that can be lifted to see what it does.

    ``key`` is ``MEASURE.low``, ``MEASURE.high``, ``crossings`` (people must be able to walk through a grid),
    ``communities``, ``locks`` or ``whole`` (units of several buildings stay whole).
    """

    key: str
    text: Pair


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """Changes that were tried together around the grid, and with which it keeps every rule."""

    rules: tuple[str, ...]
    text: Pair


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Rules that cannot all be kept around a grid.

    Attributes
    ----------
    code
        The grid that breaks one.
    rules
        Of these none can be left out: with any one lifted, the others were all kept there. Together they were not,
        as far as was searched; ``proven`` says that no plan can.
    remedies
        What helps, each by itself.
    """

    code: str
    rules: tuple[Rule, ...]
    proven: bool
    remedies: tuple[Remedy, ...]


def conflicts(plan: Plan, *, progress: Progress | None = None) -> tuple[Conflict, ...]:
    """Find for every grid that breaks a hard bound the smallest set of rules that conflict, and what would help.

    The grids up to two steps away are divided anew with rules lifted, all others staying as they are. A rule is part
    of the conflict if the others can be kept without it; a remedy is told only if it was tried and helped.
    ``progress`` is called with ``("explain", share done)``.
    """
    grids = sorted({proof.grid for proof in plan.proofs if proof.grid is not None})
    proven = {proof.grid for proof in plan.proofs if proof.proven}
    found = []
    for done, grid in enumerate(grids):
        if progress is not None:
            progress("explain", done / len(grids))
        found.append(_conflict(plan, grid, proven=grid in proven))
    return tuple(found)


def _conflict(plan: Plan, grid: int, *, proven: bool) -> Conflict:
    region = Region.around(plan, grid)
    rules = {rule.key: rule for rule in _rules(plan, region)}
    core = _core(region, list(rules), frozenset())
    remedies = []
    for key in core:
        lifted = frozenset([key])
        # where several rules stand in the way, each by itself, one of every such set has to give
        while not region.holds(lifted):
            lifted |= {_core(region, list(rules), lifted)[-1]}
        remedies.append(Remedy(rules=tuple(sorted(lifted)), text=_help(plan, region, lifted)))
    return Conflict(
        code=plan.codes.code[grid],
        rules=tuple(rules[key] for key in core),
        proven=proven,
        remedies=tuple({remedy.rules: remedy for remedy in remedies}.values()),
    )


def _core(region: Region, keys: list[str], lifted: frozenset[str]) -> list[str]:
    """Return rules that cannot be kept together, none of which can be left out, with some lifted already."""
    needed = [key for key in keys if key not in lifted]
    for key in list(needed):
        fewer = [other for other in needed if other != key]
        if fewer and not region.holds(frozenset(keys) - frozenset(fewer)):
            needed = fewer
    return needed


def _rules(plan: Plan, region: Region) -> Iterator[Rule]:
    for measure in plan.units.measures:
        if measure.soft:
            continue
        noun_zh = NOUNS[measure.rule][2]
        if measure.low > 0:
            low, low_zh = measure.say(measure.low)
            yield Rule(key=f"{measure.name}.low", text=(f"at least {low} in a grid", f"每格{noun_zh}不少于{low_zh}"))
        if math.isfinite(measure.high):
            high, high_zh = measure.say(measure.high)
            yield Rule(key=f"{measure.name}.high", text=(f"at most {high} in a grid", f"每格{noun_zh}不超过{high_zh}"))
    if region.blocked.any():
        yield Rule(
            key="crossings",
            text=(
                "no grid across a river, railway or motorway without a crossing",
                "网格不跨越无通道的河流、铁路",
            ),
        )
    if region.apart.any():
        yield Rule(key="communities", text=("no grid across a community's edge", "网格不跨越社区边界"))
    if region.fixed:
        yield Rule(key="locks", text=("locked and dedicated grids stay as they are", "锁定网格与专属网格保持原状"))
    if (region.buildings > 1).any():
        yield Rule(key="whole", text=("blocks and compounds stay whole", "街区、小区不拆分"))


def _help(plan: Plan, region: Region, lifted: frozenset[str]) -> Pair:
    texts = [_one_help(plan, region, key, lifted) for key in sorted(lifted)]
    return " and ".join(en for en, _ in texts), "，并".join(zh for _, zh in texts)


def _one_help(plan: Plan, region: Region, key: str, lifted: frozenset[str]) -> Pair:
    name, _, side = key.partition(".")
    measure = next((m for m in plan.units.measures if m.name == name), None)
    if measure is not None:
        bound = region.least_change(measure, side, lifted - {key})
        (value, value_zh), (_, _, noun_zh) = measure.say(bound), NOUNS[measure.rule]
        if side == "high":
            return f"raise the upper bound to {value}", f"将{noun_zh}上限提高到{value_zh}"
        return f"lower the lower bound to {value}", f"将{noun_zh}下限降低到{value_zh}"
    if name == "communities":
        return "let grids here cross the community's edge, or move the edge", "允许此处网格跨越社区边界，或调整社区边界"
    if name == "locks":
        codes = [plan.codes.code[plan.assignment.grid[region.units[group.units[0]]]] for group in region.fixed]
        return f"unlock {some(codes)}", f"解除锁定：{some_zh(codes)}"
    if name == "whole":
        names = plan.graph.ids[region.units[region.buildings > 1]].tolist()
        return f"divide the blocks or compounds around {some(names)}", f"拆分以下建筑所在的街区或小区：{some_zh(names)}"
    kinds = sorted({str(kind) for kind in region.kinds[region.blocked]}, key=lambda kind: -KINDS[kind].rank)
    en = " or ".join(KINDS[kind].en for kind in kinds)
    return f"allow a crossing of the {en}", f"允许跨越{'、'.join(KINDS[kind].zh for kind in kinds)}"
