/** Shown coordinates: shifted inside China alone, and back again. */
import assert from "node:assert/strict";
import test from "node:test";
import { fromDatum, toDatum } from "../src/map/datum.js";

const PLACES = {
  bund: { lng: 121.49, lat: 31.24 },
  urumqi: { lng: 87.61, lat: 43.82 },
  sanya: { lng: 109.51, lat: 18.25 },
};
const METRES = 111_320;
const metres = (a, b) =>
  Math.hypot((a.lng - b.lng) * METRES * Math.cos((a.lat * Math.PI) / 180), (a.lat - b.lat) * METRES);

test("in China GCJ-02 lies some hundred metres away", () => {
  for (const at of Object.values(PLACES)) {
    const away = metres(at, toDatum(at, "gcj02"));
    assert.ok(away > 100 && away < 900, `${away} m`);
  }
});

test("there and back again is the same place", () => {
  for (const at of Object.values(PLACES)) assert.ok(metres(at, fromDatum(toDatum(at, "gcj02"), "gcj02")) < 0.1);
});

test("the shift of the Bund is the one that maps there have", () => {
  const { lng, lat } = toDatum({ lng: 121.4737, lat: 31.2304 }, "gcj02");
  assert.ok(Math.abs(lng - 121.4783) < 0.0002 && Math.abs(lat - 31.2283) < 0.0002, `${lng}, ${lat}`);
});

test("elsewhere, and in WGS 84, nothing is shifted", () => {
  const monaco = { lng: 7.42, lat: 43.73 };
  assert.deepEqual(toDatum(monaco, "gcj02"), monaco);
  assert.deepEqual(toDatum(PLACES.bund, "wgs84"), PLACES.bund);
  assert.deepEqual(fromDatum(PLACES.bund, "wgs84"), PLACES.bund);
});
