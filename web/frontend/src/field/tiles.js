/** The map of the officer's own grids, fetched ahead so that it is there without reception. */
import { boundsOf, tilesOf } from "./ground.js";

/** Shared with the worker, which answers from it. */
export const TILES = "gridgis-tiles";
const ZOOMS = [10, 11, 12, 13, 14, 15, 16];
const PATIENCE = 40;
const PAUSE_MS = 1500;

const pause = (ms) => new Promise((then) => setTimeout(then, ms));

/** Fetch a tile, also where it has to be cut first; null: it cannot be had now. */
async function fetchTile(url) {
  for (let tries = 0; tries < PATIENCE; tries++) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.status !== 503) return answer?.ok ? answer : null;
    await pause(PAUSE_MS);
  }
  return null;
}

/**
 * Keep the tiles of some grids with what is around them, and none besides.
 *
 * @param {{geometry: object, tiles: Record<string, string>}[]} grids
 * @returns {Promise<boolean>} whether all are there
 */
export async function keepTiles(grids) {
  if (!globalThis.caches) return false;
  const wanted = new Set();
  for (const { geometry, tiles, neighbours } of grids) {
    const box = boundsOf([geometry, ...neighbours.map((one) => one.geometry)]);
    for (const [z, x, y] of tilesOf(box, ZOOMS)) {
      for (const url of Object.values(tiles)) {
        wanted.add(new URL(url.replace("{z}", z).replace("{x}", x).replace("{y}", y), location.href).href);
      }
    }
  }
  const cache = await caches.open(TILES);
  const there = new Set();
  for (const { url } of await cache.keys()) {
    if (wanted.has(url)) there.add(url);
    else await cache.delete(url);
  }
  let whole = true;
  for (const url of wanted) {
    if (there.has(url)) continue;
    const answer = await fetchTile(url);
    if (answer) await cache.put(url, answer);
    else whole = false;
  }
  return whole;
}
