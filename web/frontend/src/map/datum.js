/**
 * Where a point of WGS 84 is drawn on maps that must use GCJ-02, and what its coordinates are there.
 *
 * Only what is shown is shifted; data is, and stays, WGS 84. Outside China both are the same.
 */
import gcoord from "gcoord";

/** @typedef {"wgs84" | "gcj02"} Datum */

export const DATUMS = { wgs84: "WGS 84", gcj02: "GCJ-02" };

/**
 * @param {{lng: number, lat: number}} at in WGS 84
 * @param {Datum} datum
 * @returns {{lng: number, lat: number}} the same place in `datum`
 */
export function toDatum({ lng, lat }, datum) {
  if (datum === "wgs84") return { lng, lat };
  const [x, y] = gcoord.transform([lng, lat], gcoord.WGS84, gcoord.GCJ02);
  return { lng: x, lat: y };
}

/**
 * @param {{lng: number, lat: number}} at in `datum`
 * @param {Datum} datum
 * @returns {{lng: number, lat: number}} the same place in WGS 84
 */
export function fromDatum({ lng, lat }, datum) {
  if (datum === "wgs84") return { lng, lat };
  const [x, y] = gcoord.transform([lng, lat], gcoord.GCJ02, gcoord.WGS84);
  return { lng: x, lat: y };
}
