/** The grids on the map: coloured so that neighbours differ or by how far off target, the selected one in full. */
import L from "leaflet";
import { onScheme, token } from "../dom.js";
import { deviationToken } from "./legend.js";

/** Smaller than this, pixels, a grid cannot be seen well. */
const SMALL = 48;
const FILL = { grid: 0.28, deviation: 0.5 };

/**
 * @param {import("../map/index.js").GridMap} map
 * @param {import("./plan.js").Grid[]} grids
 * @param {import("./selection.js").Selection} selection
 * @returns {{colourBy: (mode: "grid" | "deviation") => void, boundsOf: (code: string) => L.LatLngBounds}}
 */
export function showGrids({ leaflet, show, seen }, grids, selection) {
  let mode = "grid";
  const areas = new Map();
  const fills = L.canvas({ pane: "grids", padding: 0.3 });
  const lines = L.canvas({ pane: "borders", padding: 0.3 });
  const rings = grids.flatMap((grid) => grid.rings);
  const border = (weight) => L.polyline(rings, { pane: "borders", renderer: lines, interactive: false, smoothFactor: 0.5, weight });
  const casing = border(4).addTo(leaflet);
  const line = border(1.4).addTo(leaflet);
  const chosen = L.polyline([], { pane: "borders", renderer: lines, interactive: false, smoothFactor: 0.5, weight: 4 }).addTo(leaflet);

  for (const grid of grids) {
    const area = L.polygon(grid.rings, { pane: "grids", renderer: fills, stroke: false, smoothFactor: 0.5 }).addTo(leaflet);
    area.on("click", (event) => {
      L.DomEvent.stop(event);
      selection.select(selection.selected === grid.code ? null : grid.code, { from: "map" });
    });
    area.on("mouseover", () => selection.point(grid.code)).on("mouseout", () => selection.point(null));
    areas.set(grid.code, area);
  }
  leaflet.on("click", () => selection.select(null, { from: "map" }));

  const paint = () => {
    for (const grid of grids) {
      const dimmed = selection.selected && selection.selected !== grid.code;
      const full = selection.selected === grid.code ? 0.2 : selection.pointed === grid.code ? 0.1 : 0;
      areas.get(grid.code).setStyle({
        fillColor: token(mode === "grid" ? `--grid-${grid.colour}` : deviationToken(grid.deviation)),
        fillOpacity: FILL[mode] * (dimmed ? 0.6 : 1) + full,
      });
    }
    casing.setStyle({ color: token("--map-halo"), opacity: 0.85 });
    line.setStyle({ color: token("--map-ink") });
    const grid = grids.find(({ code }) => code === selection.selected);
    chosen.setStyle({ color: token("--accent") }).setLatLngs(grid?.rings ?? []);
  };
  const weigh = () => {
    // thin where grids are small on the screen
    const weight = Math.min(Math.max((leaflet.getZoom() - 11) / 4, 0.5), 1.25);
    casing.setStyle({ weight: 4 * weight });
    line.setStyle({ weight: 1.4 * weight });
  };
  /** Move only where the grid could not be seen well: who goes through the table keeps the view. */
  const bringIntoView = (bounds) => {
    const [low, high] = [bounds.getSouthWest(), bounds.getNorthEast()].map((at) => leaflet.latLngToContainerPoint(at));
    if (!seen(bounds) || Math.max(high.x - low.x, low.y - high.y) < SMALL) show(bounds.pad(0.6), { maxZoom: 17 });
  };
  leaflet.on("zoomend", weigh);
  onScheme(paint);
  selection.addEventListener("point", paint);
  selection.addEventListener("select", ({ detail: { code, from } }) => {
    paint();
    if (code && from !== "map") bringIntoView(areas.get(code).getBounds());
  });
  weigh();
  paint();
  return {
    colourBy(wanted) {
      mode = wanted;
      paint();
    },
    boundsOf: (code) => areas.get(code).getBounds(),
  };
}
