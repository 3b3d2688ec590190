"""Proofs in words: for each grid that breaks a band the reason, in English and Chinese, and what would help."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gridgis.errors import some
from gridgis.graph import Fixed, Graph, Ints
from gridgis.measures import NOUNS
from gridgis.partition.assignment import Proof
from gridgis.partition.check import Breach
from gridgis.partition.preflight import Area, reachable
from gridgis.partition.problem import Weight


def _figure(weight: Weight, total: float) -> tuple[str, str]:
    return weight.say(total)


def _side(weight: Weight, total: float) -> tuple[str, str]:
    """Return the words for how a total lies to the band, with the bound it misses."""
    if total > weight.high:
        high, high_zh = weight.say_bound(weight.high)
        return f"more than the {high} allowed", f"超过上限{high_zh}"
    low, low_zh = weight.say_bound(weight.low)
    return f"fewer than the {low} required", f"低于下限{low_zh}"


def _names(graph: Graph, units: Sequence[int]) -> tuple[str, str]:
    ids = graph.ids[list(units)].tolist()
    word = "unit" if len(ids) == 1 else "units"
    shown = some(ids)
    rest = len(ids) - 5
    zh = "、".join(str(i) for i in ids[:5]) + (f" 等 {len(ids):,} 个" if rest > 0 else "")
    return f"{word} {shown}", f"单元 {zh}"


def _loosen(weight: Weight, total: float) -> tuple[str, str]:
    """Return the change of the band that would let this total be."""
    noun, _, zh = NOUNS[weight.rule]
    over = total > weight.high
    if weight.side != "both":
        by = f"{100 * abs(total / weight.whole - 1):.3g} %"
        if over:
            return f"raise the upper bounds of {noun} by {by} here", f"把此处的{zh}上限提高 {by}"
        return f"lower the lower bounds of {noun} by {by} here", f"把此处的{zh}下限降低 {by}"
    if over:
        return f"raise the upper bound of {noun} to {total:,g}", f"把{zh}上限提高到 {total:,g}"
    return f"lower the lower bound of {noun} to {total:,g}", f"把{zh}下限降低到 {total:,g}"


def oversize(graph: Graph, breach: Breach, group: Ints, counted: tuple[Weight, ...]) -> Proof:
    """A unit larger than a grid may be stands alone, or units that only a larger grid could hold stand together."""
    weight = next(w for w in counted if w.name == breach.rule)
    too_much = [w for w in counted if w.counts[group].sum() > w.high]
    cause = weight if weight in too_much else too_much[0]
    total = int(cause.counts[group].sum())
    name, name_zh = _names(graph, group.tolist())
    alone, alone_zh = _figure(cause, total)
    top, top_zh = cause.say_bound(cause.high)
    if len(group) == 1:
        reason = f"{name} alone has {alone}, more than the {top} a grid may have, so it is a grid of its own"
        reason_zh = f"{name_zh} 本身有{alone_zh}，超过每个网格{top_zh}的上限，因此单独成为一个网格"
        remedy, remedy_zh = "divide this unit", "将该单元进一步划分"
    else:
        hub, hub_zh = _names(graph, group[:1].tolist())
        reason = (
            f"{name} hang together through {hub} alone, in pieces each too small for a grid; they must share one, and "
            f"have {alone}, more than the {top} a grid may have"
        )
        reason_zh = (
            f"{name_zh} 只经 {hub_zh} 相连，各部分都不足以单独成为网格，只能同属一个网格，"
            f"共有{alone_zh}，超过每个网格{top_zh}的上限"
        )
        remedy, remedy_zh = f"divide {hub}, or allow a crossing beside it", f"将 {hub_zh} 进一步划分，或允许从旁边通行"
    if cause is not weight:
        have, have_zh = _figure(weight, breach.total)
        side, side_zh = _side(weight, breach.total)
        reason += f"; it has {have}, {side}"
        reason_zh += f"；该网格有{have_zh}，{side_zh}"
    change, change_zh = _loosen(cause, total)
    return Proof(
        grid=breach.grid,
        rule=breach.rule,
        reason=reason,
        reason_zh=reason_zh,
        remedy=f"{change}, or {remedy}",
        remedy_zh=f"{change_zh}，或{remedy_zh}",
        units=tuple(group.tolist()),
    )


def area_impossible(
    graph: Graph,
    breach: Breach,
    area: Area,
    counted: tuple[Weight, ...],
    *,
    proven: bool,
    title: tuple[str, str] | None = None,
) -> Proof:
    """An area that no number of grids divides within the bands; ``title`` is what it is called, where it has a name."""
    weight = next(w for w in counted if w.name == breach.rule)
    total = area.totals[counted.index(weight)]
    where, where_zh = _names(graph, area.units.tolist())
    if title is not None:
        where, where_zh = title
    elif area.whole:
        where, where_zh = "the whole jurisdiction", "整个辖区"
    if area.conflict is not None:
        return _contradiction(breach, area, where, where_zh)
    cut, cut_zh = "", ""
    if area.beside:
        by, by_zh = _names(graph, area.beside)
        cut = f", cut off by {by} (too large for a grid already),"
        cut_zh = f"（被本身已超过上限的 {by_zh} 隔开）"
    elif not area.whole and title is None:
        cut = ", which people cannot reach from the rest,"
        cut_zh = "（与其余部分不连通）"
    have, have_zh = _figure(weight, total)
    small = next((i for i, w in enumerate(counted) if w.bounded and area.totals[i] < w.low), None)
    if small is not None:
        short = counted[small]
        have, have_zh = _figure(short, area.totals[small])
        low, low_zh = short.say_bound(short.low)
        reason = f"{where}{cut} has {have} in all, fewer than the {low} a grid must have"
        reason_zh = f"{where_zh}{cut_zh} 总共只有{have_zh}，少于每个网格至少{low_zh}的要求"
        change, change_zh = _loosen(short, area.totals[small])
    else:
        spans, spans_zh = [], []
        for w, t in zip(counted, area.totals, strict=True):
            if not w.bounded:
                continue
            least, greatest = reachable(w, area.units)
            few = math.ceil(t / greatest) if greatest > 0 else math.inf
            many = math.floor(t / least) if least > 0 else math.inf
            (each, each_zh), (span, span_zh) = _figure(w, t), _span(few, many)
            size, size_zh = "", ""
            if w.side == "both":
                size, size_zh = f" of {least:,g}–{greatest:,g}", f"按每格 {least:,g}–{greatest:,g} "
            spans.append(f"{each} need {span} grids{size}")
            spans_zh.append(f"{each_zh}{size_zh}需要{span_zh}网格")
        reason = f"{where}{cut} cannot be divided within the bands by any number of grids: " + ", and ".join(spans)
        reason_zh = f"{where_zh}{cut_zh} 无论分成几个网格都不能满足全部上下限：" + "，".join(spans_zh)
        change, change_zh = _loosen(weight, breach.total)
    help_, help_zh = f"{change}", f"{change_zh}"
    if not area.whole and title is not None:
        help_ += ", or join it with its neighbours"
        help_zh += "，或与相邻部分合并"
    elif not area.whole:
        help_ += ", or allow a crossing that joins it to its neighbours"
        help_zh += "，或允许经通道与相邻部分相连"
    return Proof(
        grid=breach.grid,
        rule=breach.rule,
        reason=reason,
        reason_zh=reason_zh,
        remedy=help_,
        remedy_zh=help_zh,
        units=tuple(area.beside) or tuple(area.units[:20].tolist()),
        proven=proven,
    )


def _span(few: float, many: float) -> tuple[str, str]:
    """Write a range of numbers of grids."""
    if few > many:
        return "no number of", "不存在合适个数的"
    if few == many:
        return f"exactly {few:,g}", f" {few:,g} 个"
    if math.isinf(many):
        return f"at least {few:,g}", f"至少 {few:,g} 个"
    return f"{few:,g} to {many:,g}", f" {few:,g} 至 {many:,g} 个"


def _contradiction(breach: Breach, area: Area, where: str, where_zh: str) -> Proof:
    """The two bands exclude each other for any grid of the area."""
    reason, reason_zh = area.conflict or ("", "")
    return Proof(
        grid=breach.grid,
        rule=breach.rule,
        reason=f"in {where}, {reason}",
        reason_zh=f"{where_zh}中{reason_zh}",
        remedy="give bands that fit each other, or the household size that holds here",
        remedy_zh="请给出相互匹配的户数和人口范围，或当地实际的户均人口",
        units=tuple(area.units[:20].tolist()),
    )


def as_it_is(graph: Graph, breach: Breach, fixed: Fixed, counted: tuple[Weight, ...]) -> Proof:
    """A grid that was given and must stay."""
    remedy, remedy_zh = fixed.remedy
    reason, reason_zh = fixed.why
    if breach.rule == "connected":
        reason += f"; it is in {breach.total:,} pieces that no way joins"
        reason_zh += f"；它分为{breach.total}处，互不连通"
    else:
        weight = next(w for w in counted if w.name == breach.rule)
        (have, have_zh), (side, side_zh) = weight.say(breach.total), _side(weight, breach.total)
        reason += f"; it has {have}, {side}"
        reason_zh += f"；它有{have_zh}，{side_zh}"
        change, change_zh = _loosen(weight, breach.total)
        remedy, remedy_zh = f"{remedy}, or {change}", f"{remedy_zh}，或{change_zh}"
    return Proof(
        grid=breach.grid,
        rule=breach.rule,
        reason=reason,
        reason_zh=reason_zh,
        remedy=remedy,
        remedy_zh=remedy_zh,
        units=tuple(fixed.units[:20].tolist()),
    )


def pocket(
    graph: Graph, breach: Breach, units: Sequence[int], counted: tuple[Weight, ...], grids: int | None = None
) -> Proof:
    """Units that no contiguous grids within the bands can hold, shown by going through every possibility."""
    weight = next(w for w in counted if w.name == breach.rule)
    have, have_zh = _figure(weight, breach.total)
    side, side_zh = _side(weight, breach.total)
    name, name_zh = _names(graph, units)
    change, change_zh = _loosen(weight, breach.total)
    if len(units) == 1:
        shown, shown_zh = "no connected set of units that holds it", "包含它的任何连通单元组合"
        end, end_zh = "lies within the bands", "都不能同时满足上下限"
    else:
        shown = "no choice of connected, separate sets of units that hold them"
        shown_zh = "包含它们的任何一组连通且互不重叠的单元组合"
        end, end_zh = "lies within the bands", "都不能同时满足上下限"
    if grids is not None:
        end += f" in {grids:,} grids"
        end_zh += f"（{grids:,} 个网格）"
    return Proof(
        grid=breach.grid,
        rule=breach.rule,
        reason=f"the grid has {have}, {side}: around {name}, {shown} {end} (every possibility was tried)",
        reason_zh=f"该网格有{have_zh}，{side_zh}：对 {name_zh}，{shown_zh}{end_zh}（已穷举）",
        remedy=f"{change}, or divide the units around it",
        remedy_zh=f"{change_zh}，或将周围单元进一步划分",
        units=tuple(int(u) for u in units),
    )


def unsolved(breach: Breach, counted: tuple[Weight, ...], *, around: int) -> Proof:
    """The search found no way; nothing is proven for the whole."""
    weight = next(w for w in counted if w.name == breach.rule)
    have, have_zh = _figure(weight, breach.total)
    side, side_zh = _side(weight, breach.total)
    tried, tried_zh = "", ""
    if around:
        tried = f"; with all other grids as they are, the {around} grids around it cannot be divided better"
        tried_zh = f"；在其他网格不变的情况下，其周围 {around} 个网格没有更好的划分"
    change, change_zh = _loosen(weight, breach.total)
    return Proof(
        grid=breach.grid,
        rule=breach.rule,
        reason=f"the grid has {have}, {side}: the search did not find a way to mend it{tried}",
        reason_zh=f"该网格有{have_zh}，{side_zh}：搜索未能找到可行划分{tried_zh}",
        remedy=f"{change}, divide the units around it, or search longer (effort)",
        remedy_zh=f"{change_zh}，将周围单元进一步划分，或加大搜索力度",
        proven=False,
    )


def not_searched(breach: Breach, counted: tuple[Weight, ...]) -> Proof:
    """The plan was edited or taken over as it is: whether another division would do, nobody has looked."""
    weight = next(w for w in counted if w.name == breach.rule)
    have, have_zh = _figure(weight, breach.total)
    side, side_zh = _side(weight, breach.total)
    return Proof(
        grid=breach.grid,
        rule=breach.rule,
        reason=f"the grid has {have}, {side}: the plan is as it was given or edited, and it has not been shown that "
        "no division keeps the band here",
        reason_zh=f"该网格有{have_zh}，{side_zh}：方案为给定或人工调整的结果，尚未证明此处无法达标",
        remedy="run gridgis rebalance on the plan: it mends this with the fewest moves, or shows anew why it cannot be",
        remedy_zh="可对该方案运行 gridgis rebalance：以最少调整使其达标，或重新证明无法达标",
        proven=False,
    )
