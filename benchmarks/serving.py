"""How long maps wait: grids of a window as GeoJSON, and tiles of buildings, from the real server under many clients.

    python benchmarks/serving.py [--postgis postgresql://user@host/new_database] [--runs 5] [--page docs/service.md]

The store gets 100,000 made-up buildings and 300 grids; it is a new GeoPackage, and with ``--postgis`` a new database,
too. The server is `serve`, in a process of its own. All clients are one loop of this process, which does next to
nothing but send and receive, since it shares the machine's processors with the server. Each asks as a browser with a
token would, the next thing as soon as it has its answer: connections are kept, answers come compressed. The table goes
into the page between its marks.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from gridgis_web import passwords
from gridgis_web.store import Store, accounts, artifacts, tokens
from gridgis_web.store.accounts import Caller
from gridgis_web.store.layers import insert_rows
from gridgis_web.store.models import Building, Grid, LayerSet, Plan, UnitSet
from gridgis_web.store.places import add_jurisdiction
from tables import markdown, number, put_into, text

BUILDINGS, GRIDS = 100_000, (20, 15)
WEST, SOUTH, STEP = 121.0, 31.0, 0.0125
SERVE = """
from gridgis_web import create_app
from gridgis_web.serving import open_store, serve
from gridgis_web.settings import Settings
settings = Settings.read().with_secret()
serve(create_app(settings, store=open_store(settings.place)), settings, {}, ready=lambda at: print(at, flush=True))
"""


def fill(store: Store) -> tuple[int, str]:
    """Put the town into a store; return its plan and a token."""
    rng = np.random.default_rng(0)
    across, up = GRIDS
    x, y = WEST + rng.random(BUILDINGS) * across * STEP, SOUTH + rng.random(BUILDINGS) * up * STEP
    houses = gpd.GeoSeries(shapely.box(x, y, x + 1.5e-4, y + 1.2e-4), crs=4326)
    grids = [wavy(i, j) for j in range(up) for i in range(across)]
    with store.write() as session:
        place = add_jurisdiction(session, level="community", code="1", name="样例", crs="EPSG:4549", who="cli")
        content = artifacts.put(session, b"made up", artifacts.OCTETS)
        layers = LayerSet(
            jurisdiction_id=place.id, fingerprint="f", sources={}, repairs=[], buildings=BUILDINGS,
            households=BUILDINGS, population=BUILDINGS, content_id=content,
        )  # fmt: skip
        session.add(layers)
        session.flush()
        units = UnitSet(layer_set_id=layers.id, units=0, content_id=content, building_unit_id=content)
        session.add(units)
        session.flush()
        plan = Plan(
            jurisdiction_id=place.id, layer_set_id=layers.id, unit_set_id=units.id, name="样例", state="published",
            options={}, seed=1, fingerprint="f", assignment_id=content, content_id=content, certificate={},
            grids=len(grids), households=0, population=0, valid_from=date(2026, 1, 1),
        )  # fmt: skip
        session.add(plan)
        session.flush()
        ones = [1] * BUILDINGS
        columns = {"layer_set_id": [layers.id] * BUILDINGS, "number": list(range(BUILDINGS)), "households": ones}
        columns |= {"population": ones, "measured": [True] * BUILDINGS, "source_id": [""] * BUILDINGS}
        insert_rows(session, Building, columns | {"name": [""] * BUILDINGS, "use": [""] * BUILDINGS}, houses)
        count, codes = len(grids), [f"{n:03d}" for n in range(len(grids))]
        side = {"zh": "样例路中心线", "en": "centre line of Sample Road"}
        bounds = dict.fromkeys(("east", "south", "west", "north"), side)
        values = {"plan_id": plan.id, "level": "grid", "parent_code": "", "name_en": "", "households": 412,
                  "population": 990, "buildings": 333, "area_m2": 1.0, "bounds": bounds, "colour": 1,
                  "label_lon": WEST, "label_lat": SOUTH}  # fmt: skip
        columns = {name: [value] * count for name, value in values.items()}
        columns |= {"number": list(range(count)), "code": codes, "name": [f"样例第{code}网格" for code in codes]}
        columns["geojson"] = [shapely.to_geojson(grid) for grid in grids]
        insert_rows(session, Grid, columns, gpd.GeoSeries(grids, crs=4326))
        key = plan.id
        hashed = passwords.HASHER.hash("made-up-for-the-benchmark")
        accounts.add_account(session, "cli", "root", hashed, role="administrator", must_change=False)
    with store.write() as session:
        caller = Caller.of(accounts.need_account(session, "root"))
        return key, tokens.add_token(session, caller, "benchmark", days=1)


def wavy(i: int, j: int) -> shapely.Polygon:
    """Return a grid with 120 corners, about as many as real ones have."""
    t = np.linspace(0, 1, 31)[:-1]
    wave = 0.05 * np.sin(t * 6 * np.pi)
    ring = np.concatenate([np.c_[t, wave], np.c_[1 + wave, t], np.c_[1 - t, 1 - wave], np.c_[-wave, 1 - t]])
    return shapely.Polygon(np.round((ring + np.array([i, j])) * STEP + np.array([WEST, SOUTH]), 7))


def paths(plan: int, kind: str, count: int) -> list[str]:
    """Return what the clients ask for: windows as maps show them at zoom 14 to 16, or their tiles."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(count):
        z = int(rng.integers(14, 17))
        lon, lat = WEST + rng.random() * GRIDS[0] * STEP, SOUTH + rng.random() * GRIDS[1] * STEP
        if kind == "grids":
            wide, high = (pixels * 360 / 256 / 2**z / 2 for pixels in (1366, 768 * np.cos(np.radians(lat))))
            box = f"{lon - wide:.6f},{lat - high:.6f},{lon + wide:.6f},{lat + high:.6f}"
            found.append(f"/api/v1/plans/{plan}/grids?bbox={box}")
        else:
            x = int((lon + 180) / 360 * 2**z)
            y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z)
            found.append(f"/api/v1/plans/{plan}/tiles/buildings/{z}/{x}/{y}.mvt")
    return found


class Client(asyncio.Protocol):
    """One connection: asks for the next path as soon as it has its answer."""

    def __init__(self, queue: Iterator[str], head: bytes, took: list[float], sizes: list[int]) -> None:
        self.queue, self.head, self.took, self.sizes = queue, head, took, sizes
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = bytearray()
        self.awaited = self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self.line = transport
        self.ask()

    def ask(self) -> None:
        """Send the next request, or end."""
        path = next(self.queue, None)
        if path is None:
            self.line.close()
            self.over.set_result(None)
            return
        self.received.clear()
        self.awaited = 0
        self.began = time.perf_counter()
        self.line.write(b"GET %b HTTP/1.1\r\n%b\r\n" % (path.encode(), self.head))

    def data_received(self, data: bytes) -> None:
        """Take what came; when it is the whole answer, note how long it took."""
        self.received += data
        if not self.awaited:
            end = self.received.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            head = bytes(self.received[:end]).lower()
            if head[9:12] not in (b"200", b"204"):
                self.over.set_exception(RuntimeError(self.received.decode(errors="replace")))
                return
            at = head.find(b"content-length:")
            self.size = 0 if at < 0 else int(head[at + 15 : head.index(b"\r", at)])
            self.awaited = end + self.size
        if len(self.received) >= self.awaited:
            self.took.append((time.perf_counter() - self.began) * 1000)
            self.sizes.append(self.size)
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell of a server that hung up."""
        if not self.over.done():
            self.over.set_exception(error or ConnectionError("the server hung up"))


def measure(host: str, asked: list[str], token: str, clients: int) -> dict[str, float]:
    """Return how long answers took in ms, answers a second, and their mean size in kB."""
    took: list[float] = []
    sizes: list[int] = []
    head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\nAccept-Encoding: gzip\r\n".encode()
    queue = iter(asked)
    name, _, port = host.rpartition(":")

    async def run() -> float:
        began = time.perf_counter()
        loop = asyncio.get_running_loop()
        lines = [
            await loop.create_connection(lambda: Client(queue, head, took, sizes), name, int(port))
            for _ in range(clients)
        ]
        await asyncio.gather(*(client.over for _, client in lines))
        return time.perf_counter() - began

    seconds = asyncio.run(run())
    middle, most = np.percentile(took, [50, 95])
    return {"p50": middle, "p95": most, "rate": len(took) / seconds, "kb": float(np.mean(sizes)) / 1000}


@contextmanager
def served(place: str, folder: str) -> Iterator[tuple[str, int, str]]:
    """Fill a new store and serve it: address, plan and token."""
    store = Store.at(place)
    store.upgrade()
    plan, token = fill(store)
    store.close()
    settings = {"STORE": place, "FOLDER": folder, "PORT": "8643", "WORKERS": "0"}
    environment = os.environ | {f"GRIDGIS_{name}": value for name, value in settings.items()}
    with subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip().removeprefix("http://").rstrip("/"), plan, token
        finally:
            server.terminate()


def ask(host: str, path: str, token: str) -> tuple[int, bytes]:
    """Ask once."""
    line = http.client.HTTPConnection(host, timeout=60)
    line.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})
    answer = line.getresponse()
    return answer.status, answer.read()


def rows_of(name: str, host: str, plan: int, token: str, wanted: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Measure one server: for each kind and number of clients the median of the runs, and the worst of them."""
    status, body = ask(host, f"/api/v1/plans/{plan}/grids", token)
    assert status == 200 and len(json.loads(gzip.decompress(body))["features"]) == GRIDS[0] * GRIDS[1]
    began = time.perf_counter()
    while ask(host, paths(plan, "tiles", 1)[0], token)[0] == 503:
        time.sleep(1)
    print(f"{name}: tiles of {BUILDINGS} buildings cut in {time.perf_counter() - began:.0f} s", flush=True)
    for kind in ("grids", "tiles"):
        for clients in (1, wanted.clients):
            asked = paths(plan, kind, wanted.requests)
            runs = pd.DataFrame([measure(host, asked, token, clients) for _ in range(wanted.runs)])
            row = {
                "store": name,
                "kind": kind,
                "clients": clients,
                **runs.median().to_dict(),
                "worst": runs["p95"].max(),
            }
            print(
                {key: round(value, 1) if isinstance(value, float) else value for key, value in row.items()}, flush=True
            )
            yield row


def main() -> None:
    """Measure, print the table, and put it into the page."""
    given = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    given.add_argument("--postgis", metavar="URL", help="a new database, to be measured as well")
    given.add_argument("--clients", type=int, default=16)
    given.add_argument("--requests", type=int, default=3000)
    given.add_argument("--runs", type=int, default=5)
    given.add_argument("--page", type=Path)
    wanted = given.parse_args()
    rows: list[dict[str, object]] = []
    places = {"GeoPackage": "", "PostGIS": wanted.postgis}
    for name, place in places.items():
        if place is None:
            continue
        with tempfile.TemporaryDirectory() as folder, served(place or f"{folder}/store.gpkg", folder) as found:
            rows += rows_of(name, *found, wanted)
    table = markdown(
        pd.DataFrame(rows),
        [
            ("store", "<", text("store")),
            ("asked for", "<", text("kind")),
            ("clients", ">", number("clients")),
            ("p50 ms", ">", number("p50", 1)),
            ("p95 ms", ">", number("p95", 1)),
            (f"worst p95 of {wanted.runs}", ">", number("worst", 1)),
            ("answers/s", ">", number("rate")),
            ("mean kB", ">", number("kb", 1)),
        ],
        group=("store", "asked for"),
    )
    print(table)
    if wanted.page:
        put_into(wanted.page, "serving", table)


if __name__ == "__main__":
    main()
