"""Jurisdictions: all there are, a new one, its layers, what a plan is asked for, and the plan being made."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext, lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from gridgis.errors import GridgisError
from gridgis.languages import Said
from gridgis.profiles import PROFILES
from gridgis_web import current
from gridgis_web.access import current_account, needs, visible_jurisdictions
from gridgis_web.api.jobs import seen_job
from gridgis_web.api.jurisdictions import seen_jurisdiction
from gridgis_web.api.plans import seen_plan
from gridgis_web.background import background_of
from gridgis_web.errors import NotFound
from gridgis_web.imports.unpack import Sent
from gridgis_web.imports.uploads import limits_of, receive
from gridgis_web.pages.words import JOB_STATES, LEVELS, REPAIRS, word
from gridgis_web.planning.demo import CODE, demo_files, known_of_demo
from gridgis_web.store import jobs, layers, places
from gridgis_web.store.models import Job, Jurisdiction, LayerSet
from gridgis_web.store.places import add_jurisdiction, by_code

PAGE = Blueprint("places", __name__, url_prefix="/jurisdictions")
MAKERS = ("partition", "rebalance")
"""The kinds of jobs that make plans."""
RECENT = 8
"""Jobs that a jurisdiction's page shows."""


class NewForm(FlaskForm):  # type: ignore[misc]
    """What a jurisdiction is called, and where it lies."""

    name = StringField(lazy_gettext("Name"), [InputRequired(), Length(max=200)])
    level = SelectField(
        lazy_gettext("Level"), choices=[SelectChoice(*pair) for pair in LEVELS.items()], default="community"
    )
    code = StringField(lazy_gettext("Code"), [InputRequired(), Length(max=40)])
    parent = SelectField(lazy_gettext("Lies in"), [Optional()])


@PAGE.get("")
@needs("layers.read")
def list_places() -> str:
    """Show the jurisdictions that the caller may see."""
    with current.store().read() as session:
        found = places.jurisdictions(session, visible_jurisdictions(session))
        names = {place.id: place.name for place in found}
        newest = {place.id: layers.newest_layers(session, place.id) for place in found}
        return render_template(
            "places.html", places=found, newest=newest, names=names, level_word=partial(word, LEVELS)
        )


@PAGE.route("/new", methods=["GET", "POST"])
@needs("jurisdictions.edit")
def add_place() -> str | Response | tuple[str, int]:
    """Ask what a new one is called; then go on to its layers."""
    form = NewForm()
    with current.store().read() as session:
        seen = visible_jurisdictions(session)
        above = [place for place in places.jurisdictions(session, seen) if place.level != "community"]
    none = [SelectChoice("", gettext("nothing above it"))] if seen is None else []
    form.parent.choices = [*none, *(SelectChoice(str(place.id), place.name) for place in above)]
    if not form.validate_on_submit():
        return render_template("new_place.html", form=form, demo=CODE), 422 if form.errors else 200
    try:
        with current.store().write() as session:
            key = add_jurisdiction(
                session,
                level=form.level.data,
                code=form.code.data.strip(),
                name=form.name.data.strip(),
                parent_id=int(form.parent.data) if form.parent.data else None,
                who=current_account().login,
            ).id
    except GridgisError as error:
        form.code.errors = error.lines("zh" if str(get_locale()) == "zh" else "en")
        return render_template("new_place.html", form=form, demo=CODE), 422
    return redirect(url_for(".show_upload", jurisdiction_id=key))


@PAGE.post("/demo")
@needs("jurisdictions.edit")
def add_demo() -> Response:
    """Take the layers that come with the program as if they had been sent."""
    who = current_account().login
    with current.store().write() as session:
        place = by_code(session, CODE)
        key = (
            seen_jurisdiction(session, place.id) if place is not None
            else add_jurisdiction(session, level="community", code=CODE, name="Monaco", who=who)
        ).id  # fmt: skip
    with ExitStack() as opened:
        sent = [Sent(file.name, opened.enter_context(file.open("rb"))) for file in demo_files()]
        upload = receive(current.store(), sent, jurisdiction_id=key, who=who, limits=limits_of(current.settings()))
    return redirect(url_for(".show_upload", jurisdiction_id=key, upload=upload))


@PAGE.get("/<int:jurisdiction_id>/layers")
@needs("layers.import")
def show_upload(jurisdiction_id: int) -> str:
    """Take layers, and ask what each of them is."""
    with current.store().read() as session:
        place = seen_jurisdiction(session, jurisdiction_id)
        newest = layers.newest_layers(session, place.id)
        waits = jobs.under_way(session, "import", place.id)
        follows = seen_plan(session, key) if (key := request.args.get("next", type=int)) else None
        if follows is not None and follows.jurisdiction_id != place.id:
            raise NotFound(Said("the jurisdiction has no plan {key}", key=key))
        told = {
            **shared(place),
            "job": waits[-1].id if waits else None,
            "upload_mb": current.settings().upload_mb,
            "others": None if newest is None else {"id": newest.id, "roles": list(newest.sources["files"])},
        }
        told["urls"]["then"] = (
            told["urls"]["place"] if follows is None else url_for("next_year.show_next", plan_id=follows.id)
        )
        return render_template("layers.html", place=place, newest=newest, follows=follows, told=told)


@PAGE.get("/<int:jurisdiction_id>")
@needs("plans.read")
def show_place(jurisdiction_id: int) -> str | Response:
    """Show its layers on the map, and ask what a plan is to keep."""
    with current.store().read() as session:
        place = seen_jurisdiction(session, jurisdiction_id)
        newest = layers.newest_layers(session, place.id)
        if newest is None:
            return redirect(url_for(".show_upload", jurisdiction_id=place.id))
        asked = [job for job in jobs.list_jobs(session, jurisdiction_id=place.id) if job.kind in MAKERS]
        told = shared(place) | _of_layers(place, newest)
        told["estimates"] = layers.count_sources(session, newest.id)
        return render_template(
            "place.html",
            place=place,
            newest=newest,
            told=told,
            jobs=[(job, _page_of(job)) for job in asked[:RECENT]],
            state_word=partial(word, JOB_STATES),
        )


@PAGE.get("/<int:jurisdiction_id>/runs/<int:job_id>")
@needs("plans.read")
def show_run(jurisdiction_id: int, job_id: int) -> str:
    """Show how far a plan is, and the plans to choose from once they are there."""
    with current.store().read() as session:
        place = seen_jurisdiction(session, jurisdiction_id)
        job = seen_job(session, job_id)
        if job.kind not in MAKERS or job.jurisdiction_id != place.id:
            raise NotFound(Said("{place} has no plan made by job {job}", place=place.name, job=job_id))
        told = shared(place) | {"job": job.id, "workbench": pattern("workbench.show_plan", plan_id=0)}
        return render_template("run.html", place=place, job=job, told=told)


def _page_of(job: Job) -> str:
    """Return the address of the page that shows a job that makes plans."""
    if job.kind == "rebalance" and "plan_id" in job.given:
        return url_for("next_year.show_proposal", plan_id=job.given["plan_id"], job_id=job.id)
    return url_for(".show_run", jurisdiction_id=job.jurisdiction_id, job_id=job.id)


def shared(place: Jurisdiction) -> dict[str, Any]:
    """Return what every page of a jurisdiction must know."""
    return {
        "id": place.id,
        "name": place.name,
        "csrf": generate_csrf(),
        "urls": {
            "uploads": url_for("uploads.send", jurisdiction_id=place.id),
            "upload": pattern("uploads.show", upload_id=0),
            "jobs": pattern("jobs.show_job", job_id=0),
            "plans": url_for("planning.make_plan"),
            "plan": pattern("plans.show_plan", plan_id=0),
            "foresee": url_for("foresight.foresee_plan", jurisdiction_id=place.id),
            "place": url_for("places.show_place", jurisdiction_id=place.id),
            "run": pattern("places.show_run", jurisdiction_id=place.id, job_id=0),
        },
    }


def _of_layers(place: Jurisdiction, newest: LayerSet) -> dict[str, Any]:
    assert place.geom is not None, "saving its layers gave it an area"
    west, south, east, north = place.geom.bounds
    tiles = {
        layer: url_for("layer_tiles.show_tile_of_layers", layer_set_id=newest.id, layer=layer, z=0, x=0, y=0)
        for layer in ("base", "buildings")
    }
    return {
        "layers_id": newest.id,
        "profiles": [
            {
                "name": one.name,
                "zh": one.title_zh,
                "en": one.title_en,
                "households": one.households and str(one.households),
                "population": one.population and str(one.population),
            }
            for one in PROFILES.values()
        ],
        "known": known_of_demo() if place.code == CODE else {},
        "repairs": [
            one | {"defect": word(REPAIRS, one["defect"]), "action": word(REPAIRS, one["action"])}
            for one in newest.repairs
        ],
        "communities": "communities" in newest.sources["files"],
        "map": {
            "bounds": [[south, west], [north, east]],
            "tiles": {name: url.removesuffix("0/0/0.mvt") + "{z}/{x}/{y}.mvt" for name, url in tiles.items()},
            "attribution": newest.attribution,
            "background": background_of(current.settings()),
            "estimates": True,
        },
    }


def pattern(endpoint: str, **keys: Any) -> str:
    """Return an address whose last key, 0, stands as ``{key}``."""
    before, _, after = url_for(endpoint, **keys).rpartition("/0")
    return f"{before}/{{key}}{after}"
