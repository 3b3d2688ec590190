"""Who may do what, and where: the one table of role × action."""

from __future__ import annotations

from enum import StrEnum

ROLES = ("administrator", "planner", "leader", "officer", "public")
STAFF = ROLES[:-1]
"""Those that an account can have."""


class Scope(StrEnum):
    """Where a role may do something."""

    EVERYWHERE = "everywhere"
    BELOW = "own jurisdiction and below"
    GRIDS = "own grids"


ALL, BELOW, GRIDS, NO = Scope.EVERYWHERE, Scope.BELOW, Scope.GRIDS, None

TABLE: dict[str, tuple[Scope | None, ...]] = {
    # action              administrator planner leader officer public
    "public.read":        (ALL, ALL, ALL, ALL, ALL),
    "account.own":        (ALL, ALL, ALL, ALL, NO),
    "jurisdictions.read": (ALL, BELOW, BELOW, GRIDS, NO),
    "jurisdictions.edit": (ALL, BELOW, NO, NO, NO),
    "layers.read":        (ALL, BELOW, BELOW, NO, NO),
    "layers.import":      (ALL, BELOW, NO, NO, NO),
    "plans.read":         (ALL, BELOW, BELOW, NO, NO),
    "plans.edit":         (ALL, BELOW, NO, NO, NO),
    "plans.review":       (ALL, BELOW, BELOW, NO, NO),
    "plans.publish":      (ALL, BELOW, NO, NO, NO),
    "grids.read":         (ALL, BELOW, BELOW, GRIDS, NO),
    "grids.notes":        (ALL, BELOW, BELOW, GRIDS, NO),
    "jobs.read":          (ALL, BELOW, BELOW, NO, NO),
    "jobs.run":           (ALL, BELOW, NO, NO, NO),
    "exports.read":       (ALL, BELOW, BELOW, NO, NO),
    "officers.read":      (ALL, BELOW, BELOW, GRIDS, NO),
    "officers.edit":      (ALL, BELOW, BELOW, NO, NO),
    "incidents.report":   (ALL, ALL, ALL, ALL, ALL),
    "incidents.read":     (ALL, BELOW, BELOW, GRIDS, NO),
    "incidents.handle":   (ALL, BELOW, BELOW, GRIDS, NO),
    "incidents.dispatch": (ALL, BELOW, BELOW, NO, NO),
    "fieldwork.own":      (ALL, NO, NO, GRIDS, NO),
    "accounts.edit":      (ALL, NO, NO, NO, NO),
    "audit.read":         (ALL, NO, NO, NO, NO),
    "store.backup":       (ALL, NO, NO, NO, NO),
}  # fmt: skip
"""Action -> its scope for each of `ROLES`; None: not at all. Who has not logged in is of the role ``public``."""


JOBS = {
    "partition": "plans.edit",
    "rebalance": "plans.edit",
    "take-over": "plans.edit",
    "publish": "plans.publish",
    "import": "layers.import",
    "export": "exports.read",
}
"""Kind of job -> the action that asking for one is, and for its end."""


def scope(role: str, action: str) -> Scope | None:
    """Return where a role may do something; None: nowhere.

    Raises
    ------
    KeyError
        When there is no such action: a mistake of the program.
    """
    return TABLE[action][ROLES.index(role)]


def may(role: str, action: str) -> bool:
    """Tell whether a role may do something anywhere."""
    return scope(role, action) is not None
