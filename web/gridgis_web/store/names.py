"""Places by what the layers call them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridgis_web.store.fieldwork import holds_on
from gridgis_web.store.models import PlaceName, Plan


def find_places(
    session: Session, text: str, day: date, *, place: int | None = None, limit: int = 20
) -> Sequence[PlaceName]:
    """Return places whose names hold a text, however it is written, in the layers of the plans that hold on a day.

    Those whose names begin with it come first, then the shorter ones. A part of a name finds it as its beginning
    does, which Chinese names need; the table has nothing but names, so that looking through one layer set is quick.
    """
    wanted = text.strip()
    if not wanted:
        return []
    layers = select(Plan.layer_set_id).where(*holds_on(day))
    if place is not None:
        layers = layers.where(Plan.jurisdiction_id == place)
    begins = func.lower(PlaceName.name).startswith(wanted.lower(), autoescape=True)
    rows = select(PlaceName).where(
        PlaceName.layer_set_id.in_(layers), PlaceName.name.icontains(wanted, autoescape=True)
    )
    rows = rows.order_by(begins.desc(), func.length(PlaceName.name), PlaceName.name, PlaceName.id)
    return session.scalars(rows.limit(limit)).all()
