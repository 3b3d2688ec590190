"""The officers of a jurisdiction: who serves where, who is away, what nobody looks after, and proposals to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import BooleanField, DateField, SelectChoice, SelectField
from wtforms.validators import InputRequired

from gridgis.errors import GridgisError, InputError
from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import current_account, needs, visible_jurisdictions
from gridgis_web.api.jurisdictions import seen_jurisdiction
from gridgis_web.api.leave import later
from gridgis_web.api.officers import seen_officer
from gridgis_web.pages.words import DUTIES
from gridgis_web.staffing.cover import find_cover
from gridgis_web.staffing.officer_list import Looked, Written, take_list
from gridgis_web.staffing.proposals import Proposal, confirm, propose_posts, propose_stand_ins
from gridgis_web.store import Conflict, places
from gridgis_web.store.leave import add_leave, list_leaves
from gridgis_web.store.models import Leave, Officer, Posting
from gridgis_web.store.officers import read_book
from gridgis_web.store.roster import read_roster
from gridgis_web.store.staff import Staff, read_staff

PAGE = Blueprint("officers_page", __name__, url_prefix="/officers")
WEEKS = 8
SHOWN = 20
"""Gaps that are told one by one."""
MOST_STAND_INS = 2
POSTS = {"posts": "A", "stand-ins": "B"}
"""Kind of proposal -> what is proposed."""


class LeaveForm(FlaskForm):  # type: ignore[misc]
    """Who is away, and when."""

    officer = SelectField(lazy_gettext("Officer"), coerce=int)
    starts = DateField(lazy_gettext("First day away"), [InputRequired()])
    ends = DateField(lazy_gettext("Back on"), [InputRequired()])


class ListForm(FlaskForm):  # type: ignore[misc]
    """A list of officers."""

    file = FileField(lazy_gettext("Spreadsheet (.xlsx or .csv)"), [FileRequired()])
    keep_right = BooleanField(lazy_gettext("Take the rows that are right although others are wrong"))


@PAGE.get("")
@needs("officers.edit")
def choose_place() -> str | Response:
    """Lead to the officers of the only jurisdiction with grids, or let one be chosen."""
    with current.store().read() as session:
        found = places.with_grids(session, visible_jurisdictions(session))
    if len(found) == 1:
        return redirect(url_for(".show_officers", jurisdiction_id=found[0].id))
    return render_template("officer_places.html", places=found)


@PAGE.get("/<int:jurisdiction_id>")
@needs("officers.edit")
def show_officers(jurisdiction_id: int) -> str:
    """Show who serves where, and what nobody looks after in the coming weeks."""
    return _show(jurisdiction_id)


@PAGE.post("/<int:jurisdiction_id>/leave")
@needs("officers.edit")
def enter_leave(jurisdiction_id: int) -> str | Response | tuple[str, int]:
    """Enter that someone is away."""
    form = LeaveForm()
    with current.store().read() as session:
        seen_jurisdiction(session, jurisdiction_id)
        form.officer.choices = _choices(read_book(session, jurisdiction_id).by_name)
    if not form.validate_on_submit():
        return _show(jurisdiction_id, leave=form), 422
    try:
        with current.store().write() as session:
            officer = seen_officer(session, form.officer.data)
            add_leave(session, officer, form.starts.data, form.ends.data, who=current_account().login)
    except GridgisError as error:
        form.ends.errors = error.lines(current.language())
        return _show(jurisdiction_id, leave=form), 422
    flash(gettext("The leave of %(name)s is entered.", name=officer.name))
    return redirect(url_for(".show_officers", jurisdiction_id=jurisdiction_id))


@PAGE.post("/<int:jurisdiction_id>/list")
@needs("officers.edit")
def send_list(jurisdiction_id: int) -> str | tuple[str, int]:
    """Take a list of officers, or show what is wrong with it."""
    form = ListForm()
    with current.store().read() as session:
        seen_jurisdiction(session, jurisdiction_id)
    if not form.validate_on_submit():
        return _show(jurisdiction_id, sent=form), 422
    try:
        looked, written = take_list(
            current.store(),
            jurisdiction_id,
            form.file.data.filename or "",
            form.file.data.stream,
            starts=current.today(),
            keep_right=form.keep_right.data,
            who=current_account().login,
        )
    except GridgisError as error:
        form.file.errors = error.lines(current.language())
        return _show(jurisdiction_id, sent=form), 422
    return _show(jurisdiction_id, came=(looked, written))


@PAGE.get("/<int:jurisdiction_id>/proposals/<any(posts, 'stand-ins'):kind>")
@needs("officers.edit")
def show_proposal(jurisdiction_id: int, kind: str) -> str:
    """Show who could serve where, or who could stand in for whom."""
    with current.store().read() as session:
        place = seen_jurisdiction(session, jurisdiction_id)
        staff = read_staff(session, jurisdiction_id, current.today())
    proposal = _propose(kind, staff)
    names = {key: one.name for key, one in staff.officers.items()}
    return render_template(
        "officer_proposal.html",
        place=place,
        kind=kind,
        proposal=proposal,
        names=names,
        day=current.today(),
        language=current.language(),
    )


@PAGE.post("/<int:jurisdiction_id>/proposals/<any(posts, 'stand-ins'):kind>")
@needs("officers.edit")
def confirm_proposal(jurisdiction_id: int, kind: str) -> Response:
    """Post the officers that were left ticked."""
    with current.store().read() as session:
        seen_jurisdiction(session, jurisdiction_id)
    back = redirect(url_for(".show_proposal", jurisdiction_id=jurisdiction_id, kind=kind))
    pairs = [one.partition(":")[::2] for one in request.form.getlist("pair")]
    try:
        day = date.fromisoformat(request.form.get("on", ""))
        wanted = [(code, int(key)) for key, code in pairs]
    except ValueError:
        raise InputError(Said("this form is not whole; load the page again")) from None
    if not wanted:
        flash(gettext("Nothing was ticked, so nothing is changed."), "fault")
        return back
    try:
        made = confirm(
            current.store(),
            jurisdiction_id,
            day,
            request.form.get("state", ""),
            wanted,
            post=POSTS[kind],
            who=current_account().login,
        )
    except Conflict as error:
        flash(" ".join(error.lines(current.language())), "fault")
        return back
    flash(gettext("%(count)d postings are entered.", count=len(made)))
    return redirect(url_for(".show_officers", jurisdiction_id=jurisdiction_id))


def _propose(kind: str, staff: Staff) -> Proposal:
    return propose_posts(staff, most=None) if kind == "posts" else propose_stand_ins(staff, most=MOST_STAND_INS)


def _show(
    jurisdiction_id: int,
    *,
    leave: LeaveForm | None = None,
    sent: ListForm | None = None,
    came: tuple[Looked, Written | None] | None = None,
) -> str:
    day = current.today()
    with current.store().read() as session:
        place = seen_jurisdiction(session, jurisdiction_id)
        book = read_book(session, jurisdiction_id)
        cover = find_cover(read_roster(session, jurisdiction_id, (day, later(day, 7 * WEEKS))))
        away: dict[int, list[Leave]] = {}
        for one in list_leaves(session, places=[jurisdiction_id], since=day):
            away.setdefault(one.officer_id, []).append(one)
    rows = [
        _Row(officer, *_posts(book.postings.get(officer.id, []), day), away.get(officer.id, []))
        for several in book.by_name.values()
        for officer in several
    ]
    # who has no grid comes first: there is something to do about it
    rows.sort(key=lambda row: ([one.grid_code for one in row.own], row.officer.name))
    form = leave or LeaveForm(formdata=None)
    form.officer.choices = _choices(book.by_name)
    return render_template(
        "officers.html",
        place=place,
        rows=rows,
        cover=cover,
        weeks=WEEKS,
        shown=SHOWN,
        leave=form,
        sent=sent or ListForm(formdata=None),
        came=came,
        day=day,
        a_day=timedelta(1),
        duties=DUTIES,
        language=current.language(),
    )


class _Row(NamedTuple):
    """An officer of the table: own grids, those they stand in for, and when they are away."""

    officer: Officer
    own: list[Posting]
    others: list[Posting]
    away: list[Leave]


def _posts(posts: list[Posting], day: date) -> tuple[list[Posting], list[Posting]]:
    lasting = sorted((one for one in posts if one.ends is None or one.ends > day), key=lambda one: one.grid_code)
    return [one for one in lasting if one.post == "A"], [one for one in lasting if one.post == "B"]


def _choices(by_name: Mapping[str, list[Officer]]) -> list[SelectChoice]:
    return [SelectChoice(str(one.id), one.name) for name in sorted(by_name) for one in by_name[name]]
