"""What was read of the store lately: it holds as long as nobody has written since, which the back end tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from typing import Any

from sqlalchemy import Connection, Engine

QUESTIONS = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}
"""What is answered differently as soon as anything is kept that any process wrote.

SQLite counts what other connections kept; a snapshot of PostgreSQL says which transactions are over.
"""

MOST = 10_000
"""Answers kept; they are small."""


class Recent:
    """Answers of a store, by name; all are forgotten with the first write, whoever wrote."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._line: Connection | None = None
        self._asked = 0
        self._state: object = None
        self._rows: dict[Hashable, Any] = {}

    def rows(self) -> dict[Hashable, Any]:
        """Return what was read since the last write, to look up in and to add to for the length of one request.

        What is added must have been read after this call. Raises the driver's own error, or SQLAlchemy's, when the
        store is out of reach.
        """
        came = time.monotonic_ns()
        with self._lock:
            # while this one waited, another one asked for both
            if self._asked > came:
                return self._rows
            self._asked = time.monotonic_ns()
            try:
                state = self._ask()
            except self._engine.dialect.loaded_dbapi.Error:  # the server was started again, say
                self._hang_up()
                state = self._ask()
            if state != self._state or len(self._rows) > MOST:
                self._state, self._rows = state, {}
            return self._rows

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._hang_up()

    def _ask(self) -> object:
        if self._line is None:
            self._line = self._engine.connect()
            # not one of the pool's any more: nobody else goes on with it
            self._line.detach()
            if self._engine.dialect.name == "postgresql":
                self._line.connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        driver: Any = self._line.connection.dbapi_connection
        return driver.execute(QUESTIONS[self._engine.dialect.name]).fetchone()[0]

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        # another connection counts from another number
        self._line, self._state, self._rows = None, None, {}
