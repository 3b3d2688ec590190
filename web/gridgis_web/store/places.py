"""The tree of jurisdictions: districts, subdistricts and communities, each within another or not."""

from __future__ import annotations

from collections.abc import Collection

from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis.languages import Said, Words, listed
from gridgis_web.errors import NotFound
from gridgis_web.store.audit_log import record
from gridgis_web.store.database import Conflict
from gridgis_web.store.models import Jurisdiction, Plan
from gridgis_web.store.models.places import LEVEL_WORDS, LEVELS

SUBJECT = "jurisdiction"


def add_jurisdiction(
    session: Session,
    *,
    level: str,
    code: str,
    name: str,
    crs: str = "",
    who: str,
    parent_id: int | None = None,
    geom: BaseGeometry | None = None,
) -> Jurisdiction:
    """Add a jurisdiction.

    Parameters
    ----------
    crs
        The metric system its plans are computed in, e.g. ``EPSG:4547``; empty: that of its layers, once there are any.
    geom
        Its area in longitude and latitude; None: that of its layers, once there are any.

    Raises
    ------
    InputError
        With all faults.
    Conflict
        Its code is another one's.
    NotFound
        There is no such parent.
    """
    faults = list(_wrong_names(code, name))
    if level not in LEVELS:
        faults.append(Said("there is no level “{level}”; choose one of {levels}", level=level, levels=listed(LEVELS)))
    try:
        if crs and not CRS(crs).is_projected:
            faults.append(Said("“{crs}” is no metric system; give a projected one, e.g. EPSG:4547", crs=crs))
    except CRSError:
        faults.append(Said("“{crs}” is no coordinate system; give one as EPSG:4547", crs=crs))
    if parent_id is not None and level in LEVELS:
        parent = jurisdiction(session, parent_id)
        if LEVELS.index(parent.level) >= LEVELS.index(level):
            faults.append(
                Said(
                    "a {level} cannot lie in a {above}, {name}; choose one of a level above",
                    level=LEVEL_WORDS[level],
                    above=LEVEL_WORDS[parent.level],
                    name=parent.name,
                )
            )
    if faults:
        raise InputError(*faults)
    _refuse_taken(session, code)
    made = Jurisdiction(
        parent_id=parent_id, level=level, code=code, name=name, crs=crs, geom=geom, created_by=who
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(session, who, "create", SUBJECT, made.id, after=_told(made))
    return made


def change_jurisdiction(
    session: Session, key: int, version: int, *, who: str, code: str | None = None, name: str | None = None
) -> Jurisdiction:
    """Give a jurisdiction another code or name; raises Conflict when it is no longer of that version."""
    place = jurisdiction(session, key)
    if place.version != version:
        raise Conflict(
            Said("{name} was changed in the meantime; load it again and repeat your change", name=place.name)
        )
    before = _told(place)
    faults = list(_wrong_names(place.code if code is None else code, place.name if name is None else name))
    if faults:
        raise InputError(*faults)
    if code is not None and code != place.code:
        _refuse_taken(session, code)
        place.code = code
    place.name = place.name if name is None else name
    session.flush()
    record(session, who, "change", SUBJECT, key, before=before, after=_told(place))
    return place


def jurisdiction(session: Session, key: int) -> Jurisdiction:
    """Return one; raises NotFound."""
    found = session.get(Jurisdiction, key)
    if found is None:
        raise NotFound(Said("there is no jurisdiction {key}", key=key))
    return found


def by_code(session: Session, code: str) -> Jurisdiction | None:
    """Return the one with this code, if there is any."""
    return session.scalar(select(Jurisdiction).where(Jurisdiction.code == code))


def jurisdictions(session: Session, keys: Collection[int] | None = None) -> list[Jurisdiction]:
    """Return all in the order of their codes, or those of these keys."""
    wanted = select(Jurisdiction).order_by(Jurisdiction.code)
    return list(session.scalars(wanted if keys is None else wanted.where(Jurisdiction.id.in_(keys))))


def with_grids(session: Session, keys: Collection[int] | None = None) -> list[Jurisdiction]:
    """Return those that have a published plan, in the order of their codes; of these keys, or of all."""
    published = exists().where(Plan.jurisdiction_id == Jurisdiction.id, Plan.state == "published")
    wanted = select(Jurisdiction).where(published).order_by(Jurisdiction.code)
    return list(session.scalars(wanted if keys is None else wanted.where(Jurisdiction.id.in_(keys))))


def below(session: Session, key: int) -> set[int]:
    """Return the keys of a jurisdiction and of all that lie in it, at any depth."""
    tree = select(Jurisdiction.id).where(Jurisdiction.id == key).cte("tree", recursive=True)
    tree = tree.union(select(Jurisdiction.id).join(tree, Jurisdiction.parent_id == tree.c.id))
    return set(session.scalars(select(tree.c.id)))


def above(session: Session, key: int) -> list[Jurisdiction]:
    """Return a jurisdiction and all that it lies in, the topmost first."""
    found = [jurisdiction(session, key)]
    while found[0].parent_id is not None:
        found.insert(0, jurisdiction(session, found[0].parent_id))
    return found


def _wrong_names(code: str, name: str) -> list[Words]:
    limits = ((Said("code"), code, 40), (Said("name"), name, 200))
    return [
        Said(
            "the {what} of a jurisdiction needs 1 to {most} characters; “{text}” has {count}",
            what=what,
            most=most,
            text=text[:most],
            count=len(text),
        )
        for what, text, most in limits
        if not 1 <= len(text.strip()) <= len(text) <= most
    ]


def _refuse_taken(session: Session, code: str) -> None:
    other = by_code(session, code)
    if other is not None:
        raise Conflict(Said("the code {code} is that of {name}; choose another one", code=code, name=other.name))


def _told(place: Jurisdiction) -> dict[str, object]:
    return {
        "code": place.code,
        "name": place.name,
        "level": place.level,
        "parent_id": place.parent_id,
        "crs": place.crs,
    }
