/** The plan's grids as the workbench goes by them: counts, whether they keep their bands, shapes in map order. */
import { pick } from "../words.js";

/**
 * @typedef {object} Grid
 * @property {string} code
 * @property {string} short the code without what all of the plan's codes begin with
 * @property {string} name
 * @property {number} households
 * @property {number} population
 * @property {number} buildings
 * @property {number} area m²
 * @property {number} colour 0 … 5, neighbours differ
 * @property {Record<string, {zh: string, en: string}>} bounds the four bounds in words
 * @property {[number, number][][]} rings latitude and longitude, one list a ring
 * @property {{lat: number, lng: number}} label where a label has most room
 * @property {number} over how far its count is above (or, negative, below) its band; 0 within
 * @property {boolean} below it breaks its band at the lower end
 * @property {number} deviation from the middle of the band, as a share of it
 * @property {boolean} kept whether it keeps all bands
 * @property {boolean} explained whether there is a reason why not
 */

/** @typedef {{low: number, high: number}} Band */

/**
 * @param {GeoJSON.Feature[]} features of `/api/v1/plans/…/grids`
 * @param {{bands: Record<string, Band>, parent_code: string, broken: Record<string, boolean>}} plan what the page says
 *     of it; `broken`: grids outside a band, by code -> whether that is explained
 * @returns {Grid[]}
 */
export function readGrids(features, { bands, parent_code: parent, broken }) {
  return features.map(({ geometry, properties: told }) => ({
    code: told.code,
    short: shorten(told.code, parent),
    name: pick(told.name, told.name_en),
    households: told.households,
    population: told.population,
    buildings: told.buildings,
    area: told.area_m2,
    colour: told.colour,
    bounds: told.bounds,
    label: { lat: told.label_lat, lng: told.label_lon },
    rings: ringsOf(geometry),
    over: overOf(told, bands),
    below: overOf(told, bands) < 0,
    deviation: deviationOf(told, bands),
    kept: !(told.code in broken),
    explained: broken[told.code] ?? false,
  }));
}

/** A code without what all codes of the plan begin with. */
export function shorten(code, parent) {
  const rest = parent && code.startsWith(parent) ? code.slice(parent.length).replace(/^[-_ ]+/, "") : code;
  return rest || code;
}

function ringsOf({ type, coordinates }) {
  const polygons = type === "Polygon" ? [coordinates] : coordinates;
  return polygons.flat().map((ring) => ring.map(([lng, lat]) => [lat, lng]));
}

/** The count that a plan is balanced by. */
export const measureOf = (bands) => (bands.households || !bands.population ? "households" : "population");

function overOf(told, bands) {
  const measure = measureOf(bands);
  const band = bands[measure];
  if (!band) return 0;
  return Math.max(told[measure] - band.high, 0) + Math.min(told[measure] - band.low, 0);
}

function deviationOf(told, bands) {
  const measure = measureOf(bands);
  const band = bands[measure];
  return band ? told[measure] / ((band.low + band.high) / 2) - 1 : 0;
}
