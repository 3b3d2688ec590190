/** What was chosen in a list, outlined on the map. */
import L from "leaflet";
import { onScheme, token } from "../dom.js";

/** Smaller than this, pixels, it could not be seen well where it is. */
const SMALL = 48;

export class Highlight {
  /** @param {import("../map/index.js").GridMap} map */
  constructor(map) {
    this.map = map;
    map.leaflet.createPane("chosen").style.zIndex = "445";
    map.leaflet.getPane("chosen").style.pointerEvents = "none";
    const renderer = L.canvas({ pane: "chosen", padding: 0.3 });
    const line = (weight) => L.polyline([], { pane: "chosen", renderer, interactive: false, weight }).addTo(map.leaflet);
    this.lines = [line(7), line(3.5)];
    const paint = () => {
      this.lines[0].setStyle({ color: token("--map-halo"), opacity: 0.9 });
      this.lines[1].setStyle({ color: token("--accent") });
    };
    onScheme(paint);
    paint();
  }

  /**
   * @param {[number, number][][]} rings none: nothing is chosen
   * @param {{zoom?: boolean}} [how] whether to move to it where it cannot be seen well
   */
  show(rings, { zoom = false } = {}) {
    for (const line of this.lines) line.setLatLngs(rings);
    if (!zoom || !rings.length) return;
    const { leaflet, seen, show } = this.map;
    const bounds = L.latLngBounds(rings.flat());
    const [low, high] = [bounds.getSouthWest(), bounds.getNorthEast()].map((at) => leaflet.latLngToContainerPoint(at));
    if (!seen(bounds) || Math.max(high.x - low.x, low.y - high.y) < SMALL) show(bounds.pad(0.8), { maxZoom: 17 });
  }
}
