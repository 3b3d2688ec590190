"""A PostGIS server of the tests' own, as an ordinary user, in a folder that is thrown away."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_binaries() -> Path | None:
    """Return the folder of a PostgreSQL with PostGIS, or None."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    places += [Path(found).resolve().parent] if found else []
    for place in places:
        share = Path("/usr/share/postgresql") / place.parent.name
        elsewhere = place.parent / "share" / "postgresql"
        if any((folder / "extension" / "postgis.control").exists() for folder in (share, elsewhere)):
            return place
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """Give the URL of the server's first database."""
    binaries = find_binaries()
    assert binaries is not None, "mark the test with pytest.mark.postgis"
    # PostgreSQL refuses to run as root
    owner = (
        {"user": "postgres", "group": "postgres", "extra_groups": []} if os.name != "nt" and os.getuid() == 0 else {}
    )
    data, port = folder / "data", free_port()
    if owner:
        for part in (folder, *folder.parents):
            if part.stat().st_uid == 0 and part.is_relative_to("/tmp") and part != Path("/tmp"):
                part.chmod(0o755)
        shutil.chown(folder, "postgres", "postgres")
    run = {"capture_output": True, "text": True, "cwd": folder, **owner}
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "gridgis", "-A", "trust", "-E", "UTF8", "--no-sync"], check=True, **run
    )
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=60"
    subprocess.run(
        [binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", settings, "start"],
        check=True,
        **{**run, "capture_output": False, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL},
    )
    try:
        yield f"postgresql://gridgis@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "fast", "stop"], check=True, **run)
