"""What an office decides about its service: from a file, and from the environment, which counts more."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self
from zoneinfo import available_timezones

from gridgis.errors import InputError
from gridgis.languages import Said, Words, listed

PREFIX = "GRIDGIS_"
LANGUAGES = ("zh", "en")
DATUMS = ("wgs84", "gcj02")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set; each one also by ``GRIDGIS_<NAME>`` in the environment.

    Attributes
    ----------
    folder
        Where the service keeps what is its own: the store, unless it is elsewhere, its secret and its caches.
    store
        A GeoPackage file, or ``postgresql://user@host/name``; empty: ``store.gpkg`` in the folder.
    secret
        Signs sessions; empty: made once and kept in the folder.
    language
        ``zh`` or ``en``, for whoever has not chosen.
    timezone
        Where the office is, e.g. ``Asia/Shanghai``: whose days and hours are shown and meant.
    host, port
        Where the service listens.
    proxies
        How many proxies stand before it and tell the caller's address.
    threads
        Requests answered at once; each listener to a job's progress takes one.
    workers
        Jobs done at once, each in a process of its own; 0: another program does them (``gridgis work``).
    scheduler
        Address of a Dask scheduler that does the jobs instead, ``tcp://…``; empty: none.
    job_minutes
        The most that one job may take; 0: as long as it needs.
    listeners
        How many may follow jobs' progress at once; fewer than ``threads``.
    upload_mb
        The most that one upload may weigh, sent and unpacked.
    review
        Whether a second person must look at a plan before it is published.
    password_length
        The fewest characters of a password.
    session_hours
        How long someone stays logged in without doing anything.
    limits
        Where is counted how often an address tries to log in: ``memory://``, each process for itself, or a server
        that processes share, ``redis://…``.
    tiles
        Background tiles: ``osm``, ``tianditu``, or an address with ``{z}``, ``{x}`` and ``{y}``; empty: the map is
        drawn from the layers alone.
    tiles_labels
        Address of tiles with names that lie over those of an address.
    tiles_key
        What stands for ``{key}`` in these addresses; Tianditu wants one.
    tiles_datum
        What tiles of an address are drawn in: ``wgs84`` or ``gcj02``.
    tiles_attribution
        What must be shown with them.
    residents_address
        Where the QR codes of boards and cards lead: the page for residents, ``https://…``; ``{code}`` in it stands for
        the grid's code, and where there is none, ``?grid=CODE`` is added. Empty: boards have no QR code.
    supervision_phone
        Whom residents call about the officers; printed on boards and cards.
    secure
        Whether pages are reached by HTTPS alone, so that cookies travel no other way.
    """

    folder: Path = Path("gridgis-data")
    store: str = ""
    secret: str = ""
    language: str = "zh"
    timezone: str = "Asia/Shanghai"
    host: str = "127.0.0.1"
    port: int = 8000
    proxies: int = 0
    threads: int = 16
    workers: int = 1
    scheduler: str = ""
    job_minutes: int = 240
    listeners: int = 8
    upload_mb: int = 500
    review: bool = False
    password_length: int = 10
    session_hours: int = 12
    limits: str = "memory://"
    tiles: str = ""
    tiles_labels: str = ""
    tiles_key: str = ""
    tiles_datum: str = "wgs84"
    tiles_attribution: str = ""
    residents_address: str = ""
    supervision_phone: str = ""
    secure: bool = False

    @classmethod
    def read(cls, file: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Self:
        """Read them; raises InputError with all faults."""
        environment = os.environ if environment is None else environment
        given: dict[str, Any] = {}
        faults = []
        file = file or (Path(environment[PREFIX + "SETTINGS"]) if environment.get(PREFIX + "SETTINGS") else None)
        if file is not None:
            try:
                given = tomllib.loads(file.read_text(encoding="utf-8"))
            except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise InputError(
                    Said("the settings in {file} cannot be read: {error}", file=file, error=error)
                ) from error
        known = {field.name: type(field.default) for field in fields(cls)}
        faults += [
            Said("{file}: there is no setting “{name}”", file=file, name=name)
            for name in sorted(given.keys() - known.keys())
        ]
        values = {name: given[name] for name in known if name in given}
        values |= {name: environment[PREFIX + name.upper()] for name in known if environment.get(PREFIX + name.upper())}
        for name, value in values.items():
            try:
                values[name] = _converted(value, known[name])
            except ValueError:
                faults.append(
                    Said(
                        "the setting “{name}” is “{value}”; it must be {wanted}",
                        name=name,
                        value=value,
                        wanted=_wanted(known[name]),
                    )
                )
        for name, choices in (("language", LANGUAGES), ("tiles_datum", DATUMS)):
            if values.get(name, choices[0]) not in choices:
                faults.append(
                    Said(
                        "the setting “{name}” is “{values}”; it must be one of {choices}",
                        name=name,
                        values=values[name],
                        choices=listed(choices),
                    )
                )
        if values.get("timezone", cls.timezone) not in available_timezones():
            faults.append(
                Said("the setting “timezone” is “{values}”; it must be like Asia/Shanghai", values=values["timezone"])
            )
        if not values.get("residents_address", "https://").startswith(("https://", "http://")):
            faults.append(
                Said(
                    "the setting “residents_address” is “{value}”; it must begin with https:// or http://",
                    value=values["residents_address"],
                )
            )
        if faults:
            raise InputError(*faults)
        return cls(**values)

    @property
    def place(self) -> str:
        """Where the store is."""
        return self.store or str(self.folder / "store.gpkg")

    def overridden(self, **values: Any) -> Self:
        """Return them with those values that are not None."""
        return replace(self, **{name: value for name, value in values.items() if value is not None})

    def with_secret(self) -> Self:
        """Return them with a secret, made and kept in the folder if there is none yet."""
        if self.secret:
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "secret"
        try:
            # only its owner may read it, from the first byte on
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
                made.write(secrets.token_urlsafe(32))
        except FileExistsError:
            pass
        return replace(self, secret=file.read_text())


def _converted(value: Any, kind: type) -> Any:
    if kind is bool:
        words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if str(value).lower() not in words:
            raise ValueError
        return words[str(value).lower()]
    if kind is int:
        number = int(value)
        if number < 0:
            raise ValueError
        return number
    return kind(value) if kind is not type(Path()) else Path(value)


def _wanted(kind: type) -> Words:
    return {int: Said("a whole number of at least 0"), bool: Said("true or false")}.get(kind, Said("text"))
