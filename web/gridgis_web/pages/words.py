"""The words of the pages for what the store calls by short English names."""

from __future__ import annotations

from flask_babel import LazyString, lazy_gettext

ROLES: dict[str, LazyString] = {
    "administrator": lazy_gettext("Administrator"),
    "planner": lazy_gettext("Planner"),
    "leader": lazy_gettext("Leader"),
    "officer": lazy_gettext("Officer"),
    "public": lazy_gettext("Public"),
}
ACTIONS: dict[str, LazyString] = {
    "create": lazy_gettext("created"),
    "change": lazy_gettext("changed"),
    "delete": lazy_gettext("deleted"),
    "read": lazy_gettext("read personal data"),
    "log in": lazy_gettext("logged in"),
    "log in refused": lazy_gettext("log-in refused"),
    "log out": lazy_gettext("logged out"),
    "log out everywhere": lazy_gettext("logged out everywhere"),
    "lock": lazy_gettext("locked"),
    "unlock": lazy_gettext("unlocked"),
    "change password": lazy_gettext("changed the password"),
    "publish": lazy_gettext("published"),
    "review": lazy_gettext("reviewed"),
    "import": lazy_gettext("imported"),
    "discard": lazy_gettext("discarded"),
}
SUBJECTS: dict[str, LazyString] = {
    "account": lazy_gettext("account"),
    "token": lazy_gettext("token"),
    "officer": lazy_gettext("officer"),
    "posting": lazy_gettext("posting"),
    "officer_leave": lazy_gettext("leave"),
    "grid_note": lazy_gettext("note on a grid"),
    "jurisdiction": lazy_gettext("jurisdiction"),
    "layer_set": lazy_gettext("layers"),
    "plan": lazy_gettext("plan"),
    "grid": lazy_gettext("grid"),
    "incident": lazy_gettext("incident"),
    "job": lazy_gettext("job"),
    "upload": lazy_gettext("upload"),
}
DUTIES: dict[str, LazyString] = {
    "leader": lazy_gettext("grid leader"),
    "officer": lazy_gettext("grid officer"),
    "information": lazy_gettext("information officer"),
    "police": lazy_gettext("police officer"),
    "volunteer": lazy_gettext("volunteer"),
    "steward": lazy_gettext("building steward"),
    "supervisor": lazy_gettext("supervisor"),
}
"""Of postings; see `store.models.people.DUTIES`."""

STATES: dict[str, LazyString] = {
    "draft": lazy_gettext("Draft"),
    "in review": lazy_gettext("In review"),
    "published": lazy_gettext("Published"),
    "superseded": lazy_gettext("Superseded"),
    "discarded": lazy_gettext("Discarded"),
}
"""Of plans; see `store.models.plans.STATES`."""

JOB_STATES: dict[str, LazyString] = {
    "queued": lazy_gettext("Waiting"),
    "running": lazy_gettext("Under way"),
    "done": lazy_gettext("Done"),
    "failed": lazy_gettext("Failed"),
    "cancelled": lazy_gettext("Cancelled"),
    "interrupted": lazy_gettext("Interrupted"),
}
LEVELS: dict[str, LazyString] = {
    "city": lazy_gettext("City"),
    "district": lazy_gettext("District"),
    "subdistrict": lazy_gettext("Subdistrict or township"),
    "community": lazy_gettext("Community or village"),
}
"""Of jurisdictions; see `store.models.places.LEVELS`."""

REPAIRS: dict[str, LazyString] = {
    "no geometry that can be used": lazy_gettext("no geometry that can be used"),
    "left out": lazy_gettext("left out"),
    "heights or measures in the coordinates": lazy_gettext("heights or measures in the coordinates"),
    "dropped": lazy_gettext("dropped"),
    "neighbours that overlap": lazy_gettext("neighbours that overlap"),
    "kept; no boundary parts them": lazy_gettext("kept; no boundary parts them"),
    "water below 50 m²": lazy_gettext("water below 50 m²"),
    "land-use plots too small or narrow to go by": lazy_gettext("land-use plots too small or narrow to go by"),
    "invalid geometry": lazy_gettext("invalid geometry"),
    "made valid": lazy_gettext("made valid"),
    "no line": lazy_gettext("no line"),
    "no polygon": lazy_gettext("no polygon"),
    "no line or polygon": lazy_gettext("no line or polygon"),
    "several rows": lazy_gettext("several rows"),
    "united": lazy_gettext("united"),
    "sliver holes": lazy_gettext("sliver holes"),
    "closed": lazy_gettext("closed"),
    "sliver parts": lazy_gettext("sliver parts"),
    "wholly outside the jurisdiction": lazy_gettext("wholly outside the jurisdiction"),
    "several polygons of one name or code": lazy_gettext("several polygons of one name or code"),
    "kinds of areas that are not known": lazy_gettext("kinds of areas that are not known"),
    "told by their names, else compounds": lazy_gettext("told by their names, else compounds"),
    "lines that buildings stand on": lazy_gettext("lines that buildings stand on"),
    "taken to be underground; a column “tunnel” would say": lazy_gettext(
        "taken to be underground; a column “tunnel” would say"
    ),
    "empty, no features": lazy_gettext("empty, no features"),
    "thousands of kilometres away": lazy_gettext("thousands of kilometres away"),
    "reach in without a building": lazy_gettext("reach in without a building"),
    "grids that overlap": lazy_gettext("grids that overlap"),
    "given to the smaller one": lazy_gettext("given to the smaller one"),
    "wholly covered by others": lazy_gettext("wholly covered by others"),
    "ground in no grid": lazy_gettext("ground in no grid"),
    "in no existing grid": lazy_gettext("in no existing grid"),
    "buildings cut by its boundaries": lazy_gettext("buildings cut by its boundaries"),
    "each goes whole to the grid with most of it": lazy_gettext("each goes whole to the grid with most of it"),
    "no code": lazy_gettext("no code"),
    "numbered in reading order": lazy_gettext("numbered in reading order"),
}
"""Defects of layers, and what was done about them; see `gridgis.repair`."""

FIELDS: dict[str, LazyString] = {
    "login": lazy_gettext("login"),
    "role": lazy_gettext("role"),
    "jurisdiction_id": lazy_gettext("jurisdiction"),
    "officer_id": lazy_gettext("officer"),
    "active": lazy_gettext("may log in"),
    "must_change": lazy_gettext("must change the password"),
    "address": lazy_gettext("network address"),
    "language": lazy_gettext("language"),
    "name": lazy_gettext("name"),
    "account": lazy_gettext("account"),
    "expires": lazy_gettext("ends"),
    "ids": lazy_gettext("which"),
    "fields": lazy_gettext("of them"),
}


def word(words: dict[str, LazyString], name: str) -> str:
    """Return the word for a name, or the name itself where there is none yet."""
    return str(words.get(name, name))
