"""``manifest.json``: which jurisdictions are done, from which input; always whole, whenever the program ends."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gridgis.city.jobs import Job, Outcome
from gridgis.errors import ExportError, InputError
from gridgis.languages import Said, said

FORMAT = "gridgis-city"
NAME = "manifest.json"
PLANS = "jurisdictions"
"""Folder that holds one folder a jurisdiction."""


class Manifest:
    """What a city's folder holds: one record a jurisdiction, kept in step with its files.

    A record has ``fingerprint`` (of the job), ``state`` (see `jobs.Outcome`), ``seconds``, ``figures``, ``error`` and
    ``error_zh``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME
        try:
            (folder / PLANS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExportError(
                Said(
                    "{folder} cannot be made: {error}; choose another folder",
                    folder=folder,
                    error=error.strerror or error,
                )
            ) from error
        self._clear()
        self.records = self._read()

    def place(self, code: str) -> Path:
        """Return the folder of one jurisdiction's files; its name is the code, made safe for every file system."""
        name = quote(code, safe=" ()+,=@[]{}~")
        return self.folder / PLANS / (name.replace(".", "%2E") if name.startswith(".") else name)

    def holds(self, job: Job) -> bool:
        """Whether the job's plan is there already, made from the same input."""
        record = self.records.get(job.code)
        return (
            record is not None
            and record["state"] == "done"
            and record["fingerprint"] == job.fingerprint
            and all((self.place(job.code) / name).is_file() for name in record["files"])
        )

    def take(self, outcome: Outcome, fingerprint: str) -> None:
        """Put an outcome's files in their place and record it; a failure leaves no plan of another input behind."""
        place = self.place(outcome.code)
        try:
            if outcome.state == "done":
                self._put(place, outcome.files)
            elif place.exists():
                shutil.rmtree(place)
            self.records[outcome.code] = {
                "fingerprint": fingerprint,
                "state": outcome.state,
                "seconds": outcome.seconds,
                "figures": dict(outcome.figures),
                "files": sorted(outcome.files),
                "error": outcome.error,
                "error_zh": said(outcome.error, "zh"),
            }
            self._write()
        except OSError as error:
            raise ExportError(
                Said(
                    "{file} cannot be written: {error}; make room or close what has it open, then run the "
                    "same command again: what is done stays",
                    file=error.filename or place,
                    error=error.strerror or error,
                )
            ) from error

    def keep_only(self, codes: set[str]) -> None:
        """Drop jurisdictions that the city no longer has, records and files."""
        for code in [code for code in self.records if code not in codes]:
            shutil.rmtree(self.place(code), ignore_errors=True)
            del self.records[code]
        self._write()

    def _put(self, place: Path, files: Mapping[str, bytes]) -> None:
        draft = place.with_name(f".{place.name}-unfinished")
        draft.mkdir()
        for name, content in files.items():
            (draft / name).write_bytes(content)
        if place.exists():
            shutil.rmtree(place)
        os.replace(draft, place)

    def _clear(self) -> None:
        """Remove what an earlier run left half-written when it was killed."""
        for draft in (self.folder / PLANS).glob(".*-unfinished"):
            shutil.rmtree(draft, ignore_errors=True)

    def _read(self) -> dict[str, dict[str, Any]]:
        if not self.path.exists():
            return {}
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise KeyError(FORMAT)
            records: dict[str, dict[str, Any]] = values["jurisdictions"]
        except (ValueError, KeyError, TypeError):
            raise InputError(
                Said(
                    "{path}: is not the manifest of a city made by gridgis; give -o another folder, or remove it",
                    path=self.path,
                )
            ) from None
        return records

    def _write(self) -> None:
        draft = self.path.with_suffix(".unfinished")
        values = {"format": FORMAT, "jurisdictions": dict(sorted(self.records.items()))}
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            json.dump(values, file, ensure_ascii=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.path)
