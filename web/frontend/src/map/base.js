/** The base map: the jurisdiction's own layers, as vector tiles of the service. */
// protomaps-leaflet takes Leaflet from the window, where Leaflet puts itself
import "leaflet";
import { TileCache, View, ZxySource, leafletLayer } from "protomaps-leaflet";
import { onScheme } from "../dom.js";
import { baseStyle } from "./style.js";

/** The finest tiles that the service cuts; deeper views are drawn from these. */
const DEEPEST = 16;
/** Data tiles are twice as wide as those on the screen. */
const LEVEL_DIFF = 1;
const PATIENCE = 150;

/**
 * @param {Record<"base" | "buildings", string>} tiles address of each layer's tiles, with `{z}/{x}/{y}`
 * @param {import("leaflet").LatLngBounds} bounds
 * @param {string} attribution
 * @param {boolean} [estimates] whether buildings show where their counts come from
 * @returns {import("leaflet").GridLayer & {shown: Record<string, boolean>, show: (name: string, on: boolean) => void}}
 *     a layer; `ready` is fired for each source once its first tile is there
 */
export function baseMap(tiles, bounds, attribution, estimates = false) {
  const restyle = () => {
    const { paint, labels } = baseStyle(bounds.getCenter().lat, estimates);
    layer.paintRules = paint;
    layer.labelRules = labels;
    layer.clearLayout();
    layer.rerenderTiles();
  };
  const layer = leafletLayer({ sources: {}, attribution, maxZoom: 22, maxNativeZoom: 22, noWrap: true, updateWhenZooming: false });
  paintLatest(layer);
  const views = {};
  layer.shown = { base: true, buildings: true };
  layer.show = (name, on) => {
    layer.shown[name] = on;
    if (on && views[name]) layer.views.set(name, views[name]);
    else layer.views.delete(name);
    restyle();
  };
  for (const [name, url] of Object.entries(tiles)) {
    untilCut(url, bounds).then((there) => {
      if (!there) return;
      views[name] = new View(new TileCache(new ZxySource(url, true), 256 << LEVEL_DIFF), DEEPEST, LEVEL_DIFF);
      if (layer.shown[name]) layer.views.set(name, views[name]);
      restyle();
      layer.fire("ready", { source: name });
    });
  }
  onScheme(restyle);
  return layer;
}

/** Let only the latest drawing of a tile be painted: an older one, which knew fewer sources, may be done after it. */
function paintLatest(layer) {
  const renderTile = layer.renderTile;
  let drawings = 0;
  layer.renderTile = (coords, element, key, done) => {
    element.whenDone = done ?? element.whenDone;
    element.key = `${key} ${(drawings += 1)}`;
    return renderTile.call(layer, coords, element, element.key, element.whenDone);
  };
}

/** Wait until the service has cut the tiles of a layer, which it begins when it is asked for the first. */
async function untilCut(url, bounds) {
  const { lat, lng } = bounds.getCenter();
  const z = 13;
  const x = Math.floor(((lng + 180) / 360) * 2 ** z);
  const sin = Math.sin((lat * Math.PI) / 180);
  const y = Math.floor((0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * 2 ** z);
  const address = url.replace("{z}", z).replace("{x}", x).replace("{y}", y);
  for (let tries = 0; tries < PATIENCE; tries++) {
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) return true;
    if (answer && answer.status !== 503) return false;
    const wait = Number(answer?.headers.get("Retry-After")) || 2;
    await new Promise((then) => setTimeout(then, wait * 1000));
  }
  return false;
}
