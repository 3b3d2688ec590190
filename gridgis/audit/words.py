"""The audit's findings in words, Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gridgis.audit.levels import LEVEL_NOUNS, Level, Pair, plural
from gridgis.errors import some, some_zh
from gridgis.measures import NOUNS

if TYPE_CHECKING:
    from gridgis.audit.certificate import Certificate


def faults(certificate: Certificate) -> list[Pair]:
    """Say every fault in a sentence; none if the certificate holds."""
    return [
        *zip(certificate.defects, certificate.defects_zh, strict=True),
        *_cover_faults(certificate),
        *(_counted(en, zh, ids) for ids, en, zh in _listed_faults(certificate) if ids),
        *((e.reason, e.reason_zh) for e in certificate.explanations if not e.proven),
        *(pair for level in certificate.levels for pair in zip(level.faults, level.faults_zh, strict=True)),
    ]


def summary_en(certificate: Certificate) -> str:
    """Say the verdict in one English sentence."""
    n, kept, explained, broken = _tally(certificate)
    text = f"{plural(n, certificate.level)}: " + ", ".join(en for en, _ in _findings(certificate))
    if certificate.bands:
        text += f"; {kept:,} of {n:,} within {'the band' if len(certificate.bands) == 1 else _rules(certificate)}"
        text += f", {explained:,} explained" if explained else ""
        text += f", {broken:,} not explained" if broken else ""
    text += "".join(f"; {_level_en(level)}" for level in certificate.levels if level.name != certificate.level)
    return text + ("; the grids' layer itself has faults." if certificate.defects else ".")


def summary_zh(certificate: Certificate) -> str:
    """Say the verdict in one Chinese sentence."""
    n, kept, explained, broken = _tally(certificate)
    text = f"{n}个{LEVEL_NOUNS[certificate.level][2]}：" + "，".join(zh for _, zh in _findings(certificate))
    if certificate.bands:
        text += f"；{kept}个{_rules_zh(certificate)}达标"
        text += f"，{explained}个已说明原因" if explained else ""
        text += f"，{broken}个原因不明" if broken else ""
    text += "".join(f"；{_level_zh(level)}" for level in certificate.levels if level.name != certificate.level)
    return text + ("；网格图层本身有误。" if certificate.defects else "。")


def _level_en(level: Level) -> str:
    """Say in a few words how another level is: nothing is asked of communities but that they are given."""
    text = plural(level.areas, level.name)
    if level.name == "community":
        return text + (f", {_count(len(level.faults), 'fault')}" if level.faults else "")
    band = level.bands.get("grids")
    text += f" of {band.low:g}–{band.high:g} grids" if band is not None else ""
    text += f", {level.explained:,} explained" if level.explained else ""
    text += f", {level.unexplained:,} not explained" if level.unexplained else ""
    if level.crossing and level.above is not None:
        text += f", {len(level.crossing):,} across a {LEVEL_NOUNS[level.above][0]}'s edge"
    return text + (f", {_count(len(level.faults), 'fault')}" if level.faults else "")


def _level_zh(level: Level) -> str:
    text = f"{level.areas}个{LEVEL_NOUNS[level.name][2]}"
    band = level.bands.get("grids")
    text += f"（每个{band.low:g}–{band.high:g}个网格）" if band is not None else ""
    text += f"，{level.explained}个已说明原因" if level.explained else ""
    text += f"，{level.unexplained}个原因不明" if level.unexplained else ""
    if level.crossing and level.above is not None:
        text += f"，{len(level.crossing)}个跨越{LEVEL_NOUNS[level.above][2]}边界"
    return text + (f"，{len(level.faults)}处错误" if level.faults else "")


def _cover_faults(certificate: Certificate) -> list[Pair]:
    cover, code = certificate.cover, list(certificate.rows["code"])
    one, several, zh = LEVEL_NOUNS[certificate.level]
    found = []
    if cover.away_m > 0:
        far = f"{cover.away_m / 1000:,.1f} km" if cover.away_m >= 50 else f"{cover.away_m:,.2g} m"
        en = f"all grids lie {far} away from the jurisdiction: their file probably states the wrong coordinate system"
        far_zh = f"{cover.away_m / 1000:.1f}公里" if cover.away_m >= 50 else f"{cover.away_m:.2g}米"
        found.append((en, f"全部网格都在辖区之外，相距{far_zh}：网格文件的坐标系可能有误"))
    if cover.gap_m2 > cover.tolerance_m2 and cover.gap_at is not None:
        x, y = cover.gap_at
        en = f"{cover.gap_m2:,.2f} m² of the jurisdiction are in no {one}, the largest gap is at ({x:.1f}, {y:.1f})"
        found.append((en, f"辖区内有{cover.gap_m2:.2f}平方米不属于任何{zh}，最大一处在（{x:.1f}, {y:.1f}）"))
    if cover.overlap_m2 > cover.tolerance_m2:
        pairs = [f"{code[i]}–{code[j]}" for i, j in cover.overlapping.tolist()]
        en = f"{several} overlap by {cover.overlap_m2:,.2f} m²: {some(pairs)}"
        found.append((en, f"{zh}重叠{cover.overlap_m2:.2f}平方米：{some_zh(pairs)}"))
    if cover.outside_m2 > cover.tolerance_m2:
        en = f"{cover.outside_m2:,.2f} m² of the {several} lie outside the jurisdiction"
        found.append((en, f"{zh}有{cover.outside_m2:.2f}平方米超出辖区"))
    return found


def _listed_faults(certificate: Certificate) -> list[tuple[Sequence[str], str, str]]:
    placed, compounds = certificate.buildings, certificate.compounds
    apart = list(certificate.rows["code"][certificate.disconnected])
    crossing = [] if certificate.nesting is None else list(certificate.rows["code"][certificate.nesting.crossing])
    changed = list(certificate.changed_locks or ())
    split = () if compounds is None else compounds.split
    one, _, zh = LEVEL_NOUNS[certificate.level]
    above, _, above_zh = LEVEL_NOUNS[certificate.above]
    return [
        (placed.cut, f"{{n}} building{{s}} cut by a {one}'s boundary: {{ids}}", f"{zh}边界切割{{n}}栋建筑：{{ids}}"),
        (placed.nowhere, f"{{n}} building{{s}} in no {one}: {{ids}}", f"{{n}}栋建筑不属于任何{zh}：{{ids}}"),
        (
            placed.several,
            f"{{n}} building{{s}} in several {one}s at once: {{ids}}",
            f"{{n}}栋建筑同属多个{zh}：{{ids}}",
        ),
        (apart, f"{{n}} {one}{{s}} in pieces that do not touch: {{ids}}", f"{{n}}个{zh}不连通：{{ids}}"),
        (
            split,
            f"{{n}} compound{{s}} split though small enough for one {one}: {{ids}}",
            f"{{n}}个小区本可划入一个{zh}却被拆分：{{ids}}",
        ),
        (crossing, f"{{n}} {one}{{s}} across a {above}'s edge: {{ids}}", f"{{n}}个{zh}跨越{above_zh}边界：{{ids}}"),
        (changed, "{n} locked grid{s} not as before: {ids}", "{n}个锁定网格与原状不符：{ids}"),
    ]


def _findings(certificate: Certificate) -> list[Pair]:
    """The short forms of what the summary says in any case, and of what it says only where it is wrong."""
    cover, limit = certificate.cover, certificate.cover.tolerance_m2
    cut, nowhere, several, apart, split, crossing, changed = (len(ids) for ids, _, _ in _listed_faults(certificate))
    one, _, zh = LEVEL_NOUNS[certificate.level]
    above, _, above_zh = LEVEL_NOUNS[certificate.above]
    gap = (f"a gap of {cover.gap_m2:,.2f} m²", f"空白{cover.gap_m2:.2f}平方米")
    overlap = (f"an overlap of {cover.overlap_m2:,.2f} m²", f"重叠{cover.overlap_m2:.2f}平方米")
    outside = (f"{cover.outside_m2:,.2f} m² outside the jurisdiction", f"超出辖区{cover.outside_m2:.2f}平方米")
    said: list[tuple[bool, Pair, Pair | None]] = [
        (cover.gap_m2 > limit, gap, ("no gap", "无空白")),
        (cover.overlap_m2 > limit, overlap, ("no overlap", "无重叠")),
        (cover.outside_m2 > limit, outside, None),
        (cut > 0, (f"{_count(cut, 'building')} cut", f"切割{cut}栋建筑"), ("no building cut", "未切割建筑")),
        (nowhere > 0, (f"{_count(nowhere, 'building')} in no {one}", f"{nowhere}栋建筑不属于任何{zh}"), None),
        (several > 0, (f"{_count(several, 'building')} in several {one}s", f"{several}栋建筑同属多个{zh}"), None),
        (apart > 0, (f"{apart:,} not connected", f"{apart}个不连通"), ("all connected", "全部连通")),
        (split > 0, (f"{_count(split, 'compound')} split", f"拆分{split}个小区"), None),
        (crossing > 0, (f"{crossing:,} across a {above}'s edge", f"{crossing}个跨越{above_zh}边界"), None),
        (changed > 0, (f"{_count(changed, 'locked grid')} changed", f"{changed}个锁定网格有变动"), None),
    ]
    return [pair for wrong, bad, good in said if (pair := bad if wrong else good) is not None]


def _rules(certificate: Certificate) -> str:
    return "both bands" if set(certificate.bands) == {"households", "population"} else "the sizes of their housing"


def _rules_zh(certificate: Certificate) -> str:
    return "、".join(dict.fromkeys(NOUNS[rule.partition("_")[0]][2] for rule in certificate.bands))


def _tally(certificate: Certificate) -> tuple[int, int, int, int]:
    """Grids; those that keep their bands; explained; neither."""
    rows = certificate.rows
    kept, explained = int(rows["in_bands"].sum()), int(rows["explained"].sum())
    return len(rows), kept, explained, len(rows) - kept - explained


def _counted(en: str, zh: str, ids: Sequence[str]) -> Pair:
    n, s = f"{len(ids):,}", "" if len(ids) == 1 else "s"
    return en.format(n=n, s=s, ids=some(ids)), zh.format(n=len(ids), ids=some_zh(ids))


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
