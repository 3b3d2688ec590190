/** The grids on the map in the colours chosen, the selected one in full. */
import L from "leaflet";
import { onScheme, token } from "../dom.js";
import { bringIntoView } from "./view.js";

/**
 * @param {import("../map/index.js").GridMap} map
 * @param {import("./plan.js").Grid[]} grids
 * @param {import("./selection.js").Selection} selection
 * @param {import("./colouring.js").Colouring} colouring
 */
export function showGrids(map, grids, selection, colouring) {
  const { leaflet } = map;
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
        fillColor: token(colouring.tokenOf(grid)),
        fillOpacity: colouring.fill * (dimmed ? 0.6 : 1) + full,
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
  leaflet.on("zoomend", weigh);
  onScheme(paint);
  colouring.addEventListener("change", paint);
  selection.addEventListener("point", paint);
  selection.addEventListener("select", ({ detail: { code, from } }) => {
    paint();
    if (code && from !== "map") bringIntoView(map, areas.get(code).getBounds());
  });
  weigh();
  paint();
}
