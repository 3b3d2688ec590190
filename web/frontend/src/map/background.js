/** Background tiles of another service, where the office has set some: under everything, at the right place. */
import L from "leaflet";
import { toDatum } from "./datum.js";

/**
 * @typedef {object} Background
 * @property {string} name what people call it
 * @property {string[]} urls layers from the bottom up: pictures first, names above them
 * @property {string} attribution
 * @property {string} subdomains what `{s}` stands for, a character each
 * @property {import("./datum.js").Datum} datum the one its tiles are drawn in
 * @property {number} deepest the finest zoom it has
 */

/** Tiles drawn in another datum: the whole layer is laid so that it fits the middle of the view. */
const ShiftedTiles = L.TileLayer.extend({
  _getTiledPixelBounds(center) {
    return L.TileLayer.prototype._getTiledPixelBounds.call(this, this._shifted(center));
  },

  _setZoomTransform(level, center, zoom) {
    L.TileLayer.prototype._setZoomTransform.call(this, level, this._shifted(center), zoom);
  },

  _onMoveEnd() {
    if (!this._map || this._map._animatingZoom) return;
    // over a long way the shift is another one
    this._setZoomTransforms(this._map.getCenter(), this._map.getZoom());
    L.TileLayer.prototype._onMoveEnd.call(this);
  },

  _shifted(center) {
    return L.latLng(toDatum(L.latLng(center), this.options.datum));
  },
});

/**
 * @param {Background} background
 * @returns {L.LayerGroup}
 */
export function backgroundLayer({ urls, attribution, subdomains, datum, deepest }) {
  const Tiles = datum === "wgs84" ? L.TileLayer : ShiftedTiles;
  const options = {
    attribution,
    datum,
    subdomains: subdomains || "abc",
    pane: "background",
    maxNativeZoom: deepest,
    maxZoom: 22,
    // servers of tiles want to know which site asks, not which page
    referrerPolicy: "strict-origin-when-cross-origin",
  };
  return L.layerGroup(urls.map((url, at) => new Tiles(url, { ...options, zIndex: at })));
}
