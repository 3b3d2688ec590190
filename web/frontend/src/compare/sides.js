/** The grids of one of the two plans, in a pane of their own, so that a divider can cut it off. */
import L from "leaflet";
import { Board } from "../bench/board.js";
import { Colouring } from "../bench/colouring.js";
import { GridLabels } from "../bench/labels.js";
import { onScheme, token } from "../dom.js";

const FILL = 0.3;

export class Side {
  /**
   * @param {import("../map/index.js").GridMap} map
   * @param {"before" | "after"} name
   * @param {import("../bench/plan.js").Grid[]} grids
   */
  constructor({ leaflet }, name, grids) {
    Object.assign(this, { leaflet, name, grids });
    this.pane = leaflet.createPane(name);
    this.pane.style.zIndex = name === "before" ? "411" : "412";
    this.pane.style.pointerEvents = "none";
    const given = { pane: name, renderer: L.canvas({ pane: name, padding: 0.3 }), interactive: false, smoothFactor: 0.5 };
    this.fills = grids.map((grid) => L.polygon(grid.rings, { ...given, stroke: false }).addTo(leaflet));
    const rings = grids.flatMap((grid) => grid.rings);
    this.casing = L.polyline(rings, given).addTo(leaflet);
    this.line = L.polyline(rings, given).addTo(leaflet);
    const board = new Board(grids, {});
    this.labels = new GridLabels(board, new Colouring(board, false), name);
    onScheme(() => this.paint());
    leaflet.on("zoomend", () => this.paint());
  }

  /** @param {"swipe" | "moved"} look in full, or calm under what moves */
  look(look) {
    this.full = look === "swipe";
    this.pane.style.display = this.full || this.name === "after" ? "" : "none";
    if (this.full) this.labels.addTo(this.leaflet);
    else this.labels.remove();
    this.paint();
  }

  paint() {
    // thin where grids are small on the screen
    const weight = Math.min(Math.max((this.leaflet.getZoom() - 11) / 4, 0.5), 1.25);
    this.fills.forEach((fill, at) =>
      fill.setStyle({ fillColor: token(`--grid-${this.grids[at].colour}`), fillOpacity: this.full ? FILL : 0 }));
    this.casing.setStyle({ color: token("--map-halo"), opacity: this.full ? 0.85 : 0.6, weight: (this.full ? 4 : 2.6) * weight });
    this.line.setStyle({ color: token("--map-ink"), opacity: this.full ? 1 : 0.5, weight: (this.full ? 1.4 : 0.9) * weight });
  }
}
