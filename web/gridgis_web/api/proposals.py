"""Proposals who stands in for whom and who serves where, and what a person confirms of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import marshmallow as ma

from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import about, key
from gridgis_web.api.jurisdictions import seen_jurisdiction
from gridgis_web.api.officers import PostingOut
from gridgis_web.staffing.proposals import Proposal, confirm, propose_posts, propose_stand_ins
from gridgis_web.store.models import Posting
from gridgis_web.store.staff import read_staff

blueprint = ApiBlueprint(
    "proposals",
    __name__,
    description="Who could stand in for whom, and who could serve where: proposed, then confirmed by a person",
    url_prefix=f"{PREFIX}/jurisdictions",
)
MOST_GRIDS = 20


class ProposedOut(ma.Schema):
    """An officer for a grid, and what speaks for it."""

    grid_code = ma.fields.String(required=True)
    grid_name = ma.fields.String(required=True)
    officer_id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    shared_m = ma.fields.Float(required=True, metadata=about("The line between the grid and the officer's own"))
    share = ma.fields.Float(required=True, metadata=about("Of all lines that the grid shares with others"))
    distance_m = ma.fields.Float(required=True, allow_none=True, metadata=about("null: nobody knows"))
    load_before = ma.fields.Float(required=True, metadata=about("The officer's households without this grid"))
    load_after = ma.fields.Float(required=True)
    others = ma.fields.Integer(required=True, metadata=about("Other grids they are proposed for"))
    now = ma.fields.List(ma.fields.Integer(), required=True, metadata=about("Who stands in there now"))
    why = ma.fields.String(required=True)


class WithoutOut(ma.Schema):
    """A grid that there is nobody for."""

    grid_code = ma.fields.String(required=True)
    why = ma.fields.String(required=True)


class ProposalOut(ma.Schema):
    """A proposal; nothing is changed by it."""

    state = ma.fields.String(required=True, metadata=about("What it was made from; goes back with what is confirmed"))
    on = ma.fields.Date(required=True)
    cost = ma.fields.Float(required=True, metadata=about("No other proposal for as many grids costs less"))
    proposed = ma.fields.List(ma.fields.Nested(ProposedOut), required=True)
    without = ma.fields.List(ma.fields.Nested(WithoutOut), required=True)


class StandInAsked(ma.Schema):
    """What is proposed."""

    on = ma.fields.Date(load_default=None, metadata=about("The day; today where none is given"))
    most = ma.fields.Integer(
        load_default=2,
        validate=ma.validate.Range(1, MOST_GRIDS),
        metadata=about("For how many grids one officer stands in at most"),
    )


class PostAsked(ma.Schema):
    """What is proposed."""

    on = ma.fields.Date(load_default=None, metadata=about("The day; today where none is given"))
    most = ma.fields.Integer(
        load_default=None,
        validate=ma.validate.Range(1, MOST_GRIDS),
        metadata=about("How many grids one officer has at most; as many as it takes where none is given"),
    )


class Pair(ma.Schema):
    """An officer for a grid."""

    grid_code = ma.fields.String(required=True, validate=ma.validate.Length(1, 40))
    officer_id = key(required=True)


class Confirmed(ma.Schema):
    """What a person confirms of a proposal, as it was or changed."""

    state = ma.fields.String(required=True, validate=ma.validate.Length(1, 64), metadata=about("The proposal's"))
    on = ma.fields.Date(required=True, metadata=about("The proposal's; the first day of the new postings"))
    pairs = ma.fields.List(ma.fields.Nested(Pair), required=True, validate=ma.validate.Length(1, 10_000))


@blueprint.route("/<int:jurisdiction_id>/proposals/stand-ins")
@blueprint.arguments(StandInAsked, location="query")
@blueprint.response(200, ProposalOut)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("officers.edit")
def show_stand_ins(given: dict[str, Any], jurisdiction_id: int) -> dict[str, Any]:
    """Propose for every grid an officer of an adjacent one to stand in: all grids at once, at least cost.

    As many grids as can be have someone; as few officers as can be stand in for more than one; then lines shared, load
    and distance count alike.
    """
    day = given["on"] or current.today()
    with current.store().read() as session:
        seen_jurisdiction(session, jurisdiction_id)
        staff = read_staff(session, jurisdiction_id, day)
    return {"on": day, **_told(propose_stand_ins(staff, most=given["most"]))}


@blueprint.route("/<int:jurisdiction_id>/proposals/stand-ins", methods=["POST"])
@blueprint.arguments(Confirmed)
@blueprint.response(201, PostingOut(many=True))
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("officers.edit")
def confirm_stand_ins(given: dict[str, Any], jurisdiction_id: int) -> list[Posting]:
    """Let officers stand in as proposed, or as changed by a person; who stood in for these grids before no longer does.

    All of it, or nothing; nothing where anything it was made from has changed meanwhile.
    """
    return _confirm(given, jurisdiction_id, "B")


@blueprint.route("/<int:jurisdiction_id>/proposals/posts")
@blueprint.arguments(PostAsked, location="query")
@blueprint.response(200, ProposalOut)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("officers.edit")
def show_posts(given: dict[str, Any], jurisdiction_id: int) -> dict[str, Any]:
    """Propose an officer for every grid that has none: evenly given out, near, and with little to look after.

    An officer is where they set out from, else in the middle of the grids they have.
    """
    day = given["on"] or current.today()
    with current.store().read() as session:
        seen_jurisdiction(session, jurisdiction_id)
        staff = read_staff(session, jurisdiction_id, day)
    return {"on": day, **_told(propose_posts(staff, most=given["most"]))}


@blueprint.route("/<int:jurisdiction_id>/proposals/posts", methods=["POST"])
@blueprint.arguments(Confirmed)
@blueprint.response(201, PostingOut(many=True))
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("officers.edit")
def confirm_post(given: dict[str, Any], jurisdiction_id: int) -> list[Posting]:
    """Post officers to grids that have none, as proposed or as changed by a person: all of them, or none."""
    return _confirm(given, jurisdiction_id, "A")


def _confirm(given: dict[str, Any], jurisdiction_id: int, post: str) -> list[Posting]:
    with current.store().read() as session:
        seen_jurisdiction(session, jurisdiction_id)
    pairs = [(one["grid_code"], one["officer_id"]) for one in given["pairs"]]
    who = current_account().login
    return confirm(current.store(), jurisdiction_id, given["on"], given["state"], pairs, post=post, who=who)


def _told(proposal: Proposal) -> dict[str, Any]:
    language = current.language()
    return {
        "state": proposal.state,
        "cost": proposal.cost,
        "proposed": [asdict(one) | {"why": one.why.to(language)} for one in proposal.proposed],
        "without": [{"grid_code": code, "why": words.to(language)} for code, words in proposal.without.items()],
    }
