"""How long maps wait: grids of a window as GeoJSON, and tiles of buildings, from the real server under many clients.

    python benchmarks/serving.py [--store postgresql://user@host/new_database] [--clients 16] [--requests 1500]

The store gets 100,000 made-up buildings and 300 grids; without ``--store`` it is a new GeoPackage. The server is a
process of its own; the clients are threads of another one. Each asks as a browser with a token would: connections are
kept, answers come compressed. The table is markdown. The clients share the machine's processors with the server.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from gridgis_web import passwords
from gridgis_web.store import Store, accounts, artifacts, tokens
from gridgis_web.store.accounts import Caller
from gridgis_web.store.layers import insert_rows
from gridgis_web.store.models import Building, Grid, LayerSet, Plan, UnitSet
from gridgis_web.store.places import add_jurisdiction

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


def ask(line: http.client.HTTPConnection, path: str, token: str) -> tuple[int, bytes]:
    """Ask once."""
    line.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})
    answer = line.getresponse()
    return answer.status, answer.read()


def measure(address: str, asked: list[str], token: str, clients: int) -> tuple[np.ndarray, float, float]:
    """Return how long each answer took in ms, answers a second, and their mean size in kB."""
    took: list[float] = []
    sizes: list[int] = []
    host = address.removeprefix("http://").rstrip("/")
    queue = iter(asked)
    lock = threading.Lock()

    def client() -> None:
        line = http.client.HTTPConnection(host, timeout=60)
        while True:
            with lock:
                path = next(queue, None)
            if path is None:
                return
            began = time.perf_counter()
            status, body = ask(line, path, token)
            took.append((time.perf_counter() - began) * 1000)
            sizes.append(len(body))
            if status not in (200, 204):
                raise SystemExit(f"{path}: {status} {body[:200]!r}")

    began = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return np.array(took), len(took) / (time.perf_counter() - began), float(np.mean(sizes)) / 1000


def main() -> None:
    """Measure and print the table."""
    given = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    given.add_argument("--store", help="a new PostGIS database instead of a GeoPackage")
    given.add_argument("--clients", type=int, default=16)
    given.add_argument("--requests", type=int, default=1500)
    wanted = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.at(wanted.store or Path(folder) / "store.gpkg")
        store.upgrade()
        plan, token = fill(store)
        place = wanted.store or str(store.file)
        store.close()
        settings = {"STORE": place, "FOLDER": folder, "PORT": "8643", "WORKERS": "0"}
        environment = os.environ | {f"GRIDGIS_{name}": value for name, value in settings.items()}
        with subprocess.Popen(
            [sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stdout is not None
                address = server.stdout.readline().strip()
                report(address, plan, token, wanted.clients, wanted.requests)
            finally:
                server.terminate()


def report(address: str, plan: int, token: str, clients: int, requests: int) -> None:
    """Print the table of one server."""
    line = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=60)
    status, body = ask(line, f"/api/v1/plans/{plan}/grids", token)
    assert status == 200 and len(json.loads(gzip.decompress(body))["features"]) == GRIDS[0] * GRIDS[1]
    began = time.perf_counter()
    while ask(line, paths(plan, "tiles", 1)[0], token)[0] == 503:
        time.sleep(1)
    print(f"tiles of {BUILDINGS} buildings cut in {time.perf_counter() - began:.0f} s\n")
    print("| asked for | clients | p50 ms | p95 ms | answers/s | mean kB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for kind in ("grids", "tiles"):
        for several in (1, clients):
            took, rate, size = measure(address, paths(plan, kind, requests), token, several)
            middle, most = np.percentile(took, [50, 95])
            print(f"| {kind} | {several} | {middle:.1f} | {most:.1f} | {rate:.0f} | {size:.1f} |", flush=True)


if __name__ == "__main__":
    main()
