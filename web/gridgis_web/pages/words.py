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
    "jurisdiction": lazy_gettext("jurisdiction"),
    "layer_set": lazy_gettext("layers"),
    "plan": lazy_gettext("plan"),
    "grid": lazy_gettext("grid"),
    "incident": lazy_gettext("incident"),
    "job": lazy_gettext("job"),
    "upload": lazy_gettext("upload"),
}
STATES: dict[str, LazyString] = {
    "draft": lazy_gettext("Draft"),
    "in review": lazy_gettext("In review"),
    "published": lazy_gettext("Published"),
    "superseded": lazy_gettext("Superseded"),
    "discarded": lazy_gettext("Discarded"),
}
"""Of plans; see `store.models.plans.STATES`."""

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
