"""Two plans of a jurisdiction compared: figures of both, what moved, whose grids it concerns; as JSON and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import marshmallow as ma
from flask import Response

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import current_account, needs, visible_grids, visible_jurisdictions
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.exports import as_file
from gridgis_web.api.fields import (
    Kept,
    Piece,
    about,
    answer_bytes,
    joined,
    key,
    piece,
    tag_of,
    unchanged,
)
from gridgis_web.api.plans import seen_in_short
from gridgis_web.planning.frames import to_json
from gridgis_web.roles import may
from gridgis_web.store.officers import serving

if TYPE_CHECKING:
    import pandas as pd

blueprint = ApiBlueprint("comparisons", __name__, description="Two plans compared", url_prefix=f"{PREFIX}/plans")

COUNT: dict[str, Any] = {"type": "integer"}
COUNTED: dict[str, Any] = {
    "type": "object",
    "required": ["buildings", "households", "population"],
    "additionalProperties": COUNT,
}
SIDE: dict[str, Any] = {"type": "object", "required": ["parent_code", "bands", "broken", "figures", "grids"]}
ROWS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
COMPARISON: dict[str, Any] = {
    "type": "object",
    "required": [
        "before",
        "after",
        "matched",
        "moved",
        "new",
        "demolished",
        "boundary_m",
        "moves",
        "grids",
        "officers",
    ],
    "properties": {
        "before": SIDE,
        "after": SIDE,
        "matched": {"enum": ["codes", "overlap"]},
        **dict.fromkeys(("buildings", "households", "population"), COUNT),
        **dict.fromkeys(("moved", "new", "demolished"), COUNTED),
        "boundary_m": {"type": "object"},
        "moves": ROWS,
        "grids": ROWS,
        "officers": {"type": ["array", "null"], "items": {"type": "object"}},
    },
}


class OtherPlan(ma.Schema):
    """What a plan is compared with."""

    with_ = key(required=True, data_key="with", metadata=about("The plan before; of the same jurisdiction"))


class Answer(NamedTuple):
    """A comparison: all but the officers as it is told, its grids, and its tables."""

    tag: str
    place: int
    told: Piece
    grids: list[dict[str, Any]]
    tables: dict[str, pd.DataFrame]

    def size(self) -> int:
        """Return about how many bytes it is."""
        return len(self.told) + 1000 * len(self.grids) + 200 * len(self.tables["buildings"])


ANSWERS: Kept[Answer] = Kept(64 * 2**20, size_of=Answer.size)
"""Comparisons that were asked for lately; they hold counts, never residents."""


def _compared(before_id: int, after_id: int) -> Answer:
    """Return the comparison of two plans that the caller may see, drafts with all edits in force."""
    store, keys = current.store(), (before_id, after_id)
    with store.read() as session:
        rows = [seen_in_short(session, key) for key in keys]
        if len({row.jurisdiction_id for row in rows}) > 1:
            raise InputError(
                Said(
                    "“{before}” and “{after}” are plans of two jurisdictions; compare plans of one",
                    before=rows[0].name,
                    after=rows[1].name,
                )
            )
        tag = _tag(keys, [row.version for row in rows])
        if (found := ANSWERS.get(tag)) is not None:
            return found
        place = rows[0].jurisdiction_id
        kept = {(row.id, row.version): row.certificate for row in rows if row.is_drawn}
    from gridgis_web.planning.comparing import Side, compare_sides
    from gridgis_web.planning.drafts import open_draft

    opened = [open_draft(store, key) for key in keys]
    versions = [one.place.version for one in opened]
    before, after = (
        Side(plan, kept.get((key, version))) for key, version, (plan, _) in zip(keys, versions, opened, strict=True)
    )
    compared = compare_sides(before, after)
    tag = _tag(keys, versions)
    told = piece(to_json(compared.told)[:-1] + b',"officers":')
    return ANSWERS.put(tag, Answer(tag, place, told, compared.told["grids"], compared.tables))


def _tag(keys: Sequence[int], versions: Sequence[int]) -> str:
    return tag_of("comparison", current.store().url.render_as_string(), keys, versions)


@blueprint.route("/<int:plan_id>/comparison")
@blueprint.arguments(OtherPlan(), location="query")
@blueprint.response(200, COMPARISON)
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def compare_plans(wanted: dict[str, Any], plan_id: int) -> Response:
    """Compare a plan with another one of its jurisdiction: what the other had, this one has, and who moves.

    Buildings are matched by the source's id or by their place, so the layers may have changed. `moves` has the land
    that goes from grid to grid as GeoJSON; `officers` whose grids changed, null where that is not for the caller.
    """
    from gridgis_web.planning.comparing import officers_touched

    answer = _compared(wanted["with_"], plan_id)
    officers = None
    if may(current_account().role, "officers.read"):
        with current.store().read() as session:
            postings = serving(
                session,
                answer.place,
                current.today(),
                places=visible_jurisdictions(session),
                grids=visible_grids(session),
            )
            officers = officers_touched(postings, answer.grids)
    tag = tag_of(answer.tag, officers)
    if (same := unchanged(tag)) is not None:
        return same
    rest = piece(to_json(officers) + b"}")
    return answer_bytes(joined([answer.told, rest]), "application/json", tag, packed=True)


@blueprint.route("/<int:plan_id>/comparison/<any(moves, buildings):table>.csv")
@blueprint.arguments(OtherPlan(), location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="text/csv")
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def list_moves(wanted: dict[str, Any], plan_id: int, table: str) -> Response:
    """Give what moved as a table for spreadsheets: by pairs of grids, or every building."""
    from gridgis_web.planning.comparing import table_file

    answer, language = _compared(wanted["with_"], plan_id), current.language()
    tag = tag_of(answer.tag, table, language)
    content = table_file(answer.tables[table], language)
    return unchanged(tag) or as_file(content, "text/csv", tag, f"{table}-{wanted['with_']}-{plan_id}.csv")
