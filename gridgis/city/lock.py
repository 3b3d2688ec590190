"""One run at a time in a city's folder, whatever machine, pool or cluster does the work."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from gridgis.errors import ExportError, InputError
from gridgis.languages import Said, Words

NAME = ".lock"

FAR = 1 << 30
"""The byte that Windows locks: what is locked there cannot be read, and others shall read who holds the lock."""

CANNOT_LOCK = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
"""What file systems without locks answer."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the lock of a process that has died, however it did, is taken over.

    Raises
    ------
    InputError
        Another run holds it.
    ExportError
        The folder cannot be written to.
    """
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _acquire(path)
    except OSError as error:
        raise ExportError(
            Said(
                "{folder} cannot be written to: {error}; choose a folder that you may write to",
                folder=folder,
                error=error.strerror or error,
            )
        ) from error
    try:
        yield
    finally:
        if sys.platform == "win32":  # what is open there cannot be removed
            os.close(file)
        with suppress(OSError):
            path.unlink()
        if sys.platform != "win32":
            os.close(file)


def _acquire(path: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            free = _try_lock(file)
        except OSError as error:
            os.close(file)
            if error.errno not in CANNOT_LOCK:
                raise
            raise InputError(
                Said(
                    "{parent}: its file system cannot lock files, so that two runs could not be told apart; "
                    "give -o a folder on another one",
                    parent=path.parent,
                )
            ) from None
        if not free:
            holder = _holder(file)
            os.close(file)
            raise InputError(
                Said(
                    "{parent}: another run is at work there ({holder}); wait until it ends, or give -o another folder",
                    parent=path.parent,
                    holder=holder,
                )
            )
        if _is_still(path, file):
            break
        os.close(file)  # its holder ended and removed it between the two steps
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    told = {"pid": os.getpid(), "host": socket.gethostname(), "since": now}
    os.ftruncate(file, 0)
    os.write(file, json.dumps(told).encode())
    return file


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        os.lseek(file, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(file, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _is_still(path: Path, file: int) -> bool:
    """Whether the file that is open is the one that has the name."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def _holder(file: int) -> Words:
    try:
        told = json.loads(os.read(file, 4096))
        return Said("process {pid} on {host}, since {since}", pid=told["pid"], host=told["host"], since=told["since"])
    except (ValueError, KeyError, TypeError):
        return Said("it has only just begun")
