/** Bringing a grid into view: only where it could not be seen well, so that who goes through the table keeps the view. */
import L from "leaflet";

/** Smaller than this, pixels, a grid cannot be seen well. */
const SMALL = 48;

/**
 * @param {import("../map/index.js").GridMap} map
 * @param {L.LatLngBoundsExpression} area
 * @param {number} [air] free space around it, as a share of its size
 */
export function bringIntoView({ leaflet, seen, show }, area, air = 0.6) {
  const bounds = L.latLngBounds(area);
  const [low, high] = [bounds.getSouthWest(), bounds.getNorthEast()].map((at) => leaflet.latLngToContainerPoint(at));
  if (!seen(bounds) || Math.max(high.x - low.x, low.y - high.y) < SMALL) show(bounds.pad(air), { maxZoom: 17 });
}
