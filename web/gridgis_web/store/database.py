"""Opening the store, whichever back end it is: a GeoPackage file, or PostGIS by its URL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Hashable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, ProgrammingError
from sqlalchemy.exc import IntegrityError as BrokenConstraint
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from gridgis.errors import GridgisError
from gridgis.languages import Said
from gridgis_web.store.geopackage import register_functions
from gridgis_web.store.recent import Recent

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
BACK_ENDS = ("sqlite", "postgresql")
PATIENCE_S = 30
"""How long a writer waits for another one."""

MISSING = re.compile(r"no such (table|column)|has no column named")
"""What SQLite says of tables that an older program made."""
MISSING_STATES = ("42P01", "42703")
"""The same of PostgreSQL: undefined table, undefined column."""


class StoreError(GridgisError):
    """The store cannot be opened or used; the text says why and what to do."""


class Conflict(GridgisError):
    """Someone else changed the same thing in between, or it is there already."""


class Store:
    """The database. Sessions come from `read` and `write`; every write is one transaction."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            backend = parsed.get_backend_name()
        except (ArgumentError, NoSuchModuleError):
            backend = ""
        if backend not in BACK_ENDS:
            raise StoreError(
                Said(
                    "“{url}” is no place for a store; give a file (grids.gpkg) or postgresql://user@host/name", url=url
                )
            ) from None
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.embedded = backend == "sqlite"
        self.engine = (
            _embedded_engine(str(parsed.database))
            if self.embedded
            else create_engine(parsed, pool_size=20, pool_pre_ping=True)
        )
        self._writer = self.engine.execution_options(gridgis_writes=True)
        self._recent = Recent(self.engine)

    @classmethod
    def at(cls, place: str | Path) -> Store:
        """Return the store in a file or at a URL."""
        text = str(place)
        return cls(text if "://" in text else f"sqlite:///{Path(text).absolute()}")

    @property
    def file(self) -> Path:
        """The GeoPackage; only for an embedded store."""
        if not self.embedded:
            raise StoreError(Said("this store is a database server, not a file; use the server's own tools for it"))
        return Path(str(self.url.database))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that writes nothing; what was read stays readable.

        In a GeoPackage it sees one state of the store; in PostGIS each query sees what is kept by then.

        Raises StoreError when the store is out of reach.
        """
        try:
            with Session(self.engine) as session:
                yield session
        except (OperationalError, ProgrammingError) as error:
            if (told := self._said(error)) is None:
                raise
            raise told from error

    def recent(self) -> dict[Hashable, Any]:
        """Return what was read since anybody's last write, see `Recent.rows`.

        Raises StoreError when the store is out of reach.
        """
        try:
            return self._recent.rows()
        except (OperationalError, self.engine.dialect.loaded_dbapi.Error) as error:
            raise self._unusable(error) from error

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session whose changes are kept together at the end, or not at all.

        Raises Conflict when what it changes was changed by someone else in between, or breaks a constraint;
        StoreError when other writers take too long, or the store is out of reach.
        """
        try:
            with Session(self._writer, expire_on_commit=False) as session:
                yield session
                session.commit()
        except StaleDataError:
            raise Conflict(
                Said("someone else changed this in the meantime; load it again and repeat your change")
            ) from None
        except BrokenConstraint as error:
            raise Conflict(Said("the store refuses this: {error}", error=str(error.orig).splitlines()[0])) from error
        except (OperationalError, ProgrammingError) as error:
            if (told := self._said(error)) is None:
                raise
            raise told from error

    def _said(self, error: DBAPIError) -> StoreError | None:
        """Return what to say: the store is of an older program, or out of reach; None: it is a mistake of ours."""
        state = getattr(error.orig, "sqlstate", None)
        if state in MISSING_STATES or (state is None and MISSING.search(str(error.orig))):
            reason = str(error.orig).splitlines()[0]
            return StoreError(
                Said("{store} is of an older version ({reason}): run `gridgis db upgrade`", store=self, reason=reason)
            )
        return self._unusable(error) if isinstance(error, OperationalError) else None

    def _unusable(self, error: Exception) -> StoreError:
        reason = next(iter(str(getattr(error, "orig", error)).splitlines()), "no answer")
        return StoreError(
            Said("{store} is busy or out of reach: {reason}; try again in a moment", store=self, reason=reason)
        )

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables up to a revision, by default this program's own; makes the file if there is none."""
        from alembic import command

        if self.embedded:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._migrating() as config:
            command.upgrade(config, revision)
        if self.embedded:
            # other programs look for what makes it a GeoPackage in the file itself
            with closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def downgrade(self, revision: str) -> None:
        """Take the tables back to an earlier revision; ``base`` removes them all.

        Raises StoreError when there is no such revision.
        """
        from alembic import command

        with self._migrating() as config:
            command.downgrade(config, revision)

    @contextmanager
    def _migrating(self) -> Iterator[Config]:
        from alembic.util import CommandError

        config = _migrations()
        try:
            with self._writer.begin() as connection:
                config.attributes["connection"] = connection
                yield config
        except CommandError as error:
            raise StoreError(
                Said(
                    "{store}: {error}; `gridgis db upgrade` needs the program that wrote the store",
                    store=self,
                    error=error,
                )
            ) from error
        except OperationalError as error:
            raise StoreError(
                Said(
                    "{store}: {error}; is it within reach, and yours to change?",
                    store=self,
                    error=str(error.orig).splitlines()[0],
                )
            ) from error

    @property
    def revision(self) -> str | None:
        """The revision its tables have; None: there are none."""
        from alembic.runtime.migration import MigrationContext

        with self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def check(self) -> None:
        """Raise StoreError unless the store is there and its tables are this program's."""
        from alembic.script import ScriptDirectory

        if self.embedded and not self.file.exists():
            raise StoreError(Said("{file} is not there; make it with `gridgis db upgrade`", file=self.file))
        try:
            found = self.revision
        except OperationalError as error:
            raise StoreError(
                Said("{store} cannot be opened: {error}", store=self, error=str(error.orig).splitlines()[0])
            ) from error
        wanted = ScriptDirectory.from_config(_migrations()).get_current_head()
        if found != wanted:
            raise StoreError(
                Said(
                    "{store} is of revision {found}, this program needs {wanted}; run `gridgis db upgrade`",
                    store=self,
                    found=found or Said("none"),
                    wanted=wanted,
                )
            )

    def close(self) -> None:
        """Let go of all connections."""
        self._recent.close()
        self.engine.dispose()

    def __str__(self) -> str:
        """Return its place, without a password."""
        return str(self.file) if self.embedded else self.url.render_as_string(hide_password=True)


def _migrations() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _embedded_engine(file: str) -> Engine:
    # a pool smaller than the server's threads would open the file again and again
    engine = create_engine(
        f"sqlite:///{file}", pool_size=20, connect_args={"timeout": PATIENCE_S, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def opened(connection: sqlite3.Connection, _: object) -> None:
        # the driver would begin transactions by itself, and too late
        connection.isolation_level = None
        for setting in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {PATIENCE_S}000",
        ):
            connection.execute(f"PRAGMA {setting}")
        register_functions(connection)

    @event.listens_for(engine, "begin")
    def begins(connection: Connection) -> None:
        # a writer waits its turn at the start: a reader that turns writer later could only fail
        writes = connection.get_execution_options().get("gridgis_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
