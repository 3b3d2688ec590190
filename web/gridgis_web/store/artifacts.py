"""Bytes kept by what they are: the same ones once, however often they are put."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.store.models import Artifact, now

ZIP = "application/zip"
OCTETS = "application/octet-stream"
JSON = "application/json"


def put(session: Session, content: bytes, media_type: str, *, who: str = "") -> int:
    """Keep bytes and return their key; bytes that are there already are not kept twice."""
    digest = hashlib.sha256(content).hexdigest()
    find = select(Artifact.id).where(Artifact.sha256 == digest)
    found = session.scalar(find)
    if found is not None:
        return found
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Artifact)
        .values(
            sha256=digest,
            media_type=media_type,
            size=len(content),
            content=content,
            created_at=now(),
            created_by=who,
        )
        # another writer may put the same at this moment
        .on_conflict_do_nothing(index_elements=["sha256"])
    )
    return session.scalars(find).one()


def get(session: Session, key: int) -> bytes:
    """Return bytes by their key; raises NotFound."""
    content = session.scalar(select(Artifact.content).where(Artifact.id == key))
    if content is None:
        raise NotFound(Said("there is no file {key} in the store", key=key))
    return content


def digest_of(session: Session, key: int) -> str:
    """Return the SHA-256 of kept bytes in hex, e.g. as an ETag; raises NotFound."""
    digest = session.scalar(select(Artifact.sha256).where(Artifact.id == key))
    if digest is None:
        raise NotFound(Said("there is no file {key} in the store", key=key))
    return digest
