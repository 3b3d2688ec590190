/** The land that goes to another grid, coloured as the grid it goes to; all that stays is calm. */
import L from "leaflet";
import { Board } from "../bench/board.js";
import { Colouring } from "../bench/colouring.js";
import { GridLabels } from "../bench/labels.js";
import { make, onScheme, token } from "../dom.js";
import { gettext } from "../words.js";

const FILL = { moved: 0.68, swipe: 0 };

export class Moved {
  /**
   * @param {import("../map/index.js").GridMap} map
   * @param {import("./moves.js").Move[]} moves
   * @param {import("../bench/selection.js").Selection} selection
   */
  constructor({ leaflet }, moves, selection) {
    Object.assign(this, { leaflet, selection });
    this.pane = leaflet.createPane("moved");
    this.pane.style.zIndex = "440";
    const renderer = L.canvas({ pane: "moved", padding: 0.3 });
    this.moves = moves.filter((move) => move.rings.length);
    this.areas = this.moves.map((move) => {
      const area = L.polygon(move.pieces, { pane: "moved", renderer, smoothFactor: 0.5 }).addTo(leaflet);
      area.on("click", (event) => {
        L.DomEvent.stop(event);
        selection.select(selection.selected === move.key ? null : move.key, { from: "map" });
      });
      area.on("mouseover", () => selection.point(move.key)).on("mouseout", () => selection.point(null));
      return area;
    });
    leaflet.on("click", () => selection.select(null, { from: "map" }));
    const board = new Board(this.moves.filter((move) => move.label), {});
    this.labels = new GridLabels(board, new Colouring(board, false));
    this.legend = L.control({ position: "bottomleft" });
    this.legend.onAdd = () => make("div", { class: "legend" }, swatches(), make("p", {}, gettext("Coloured as the grid it goes to")));
    selection.addEventListener("point", () => this.paint());
    onScheme(() => this.paint());
  }

  /** @param {"swipe" | "moved"} look filled, or outlined over both maps */
  look(look) {
    this.mode = look;
    const on = look === "moved";
    this.pane.style.pointerEvents = on ? "" : "none";
    for (const one of [this.labels, this.legend]) {
      if (on) one.addTo(this.leaflet);
      else one.remove();
    }
    this.paint();
  }

  paint() {
    const ink = token("--map-ink");
    this.areas.forEach((area, at) => {
      const { key, colour } = this.moves[at];
      const pointed = this.selection.pointed === key;
      area.setStyle({
        fillColor: token(`--grid-${colour}`), fillOpacity: FILL[this.mode] + (pointed ? 0.2 : 0), color: ink,
        weight: pointed ? 2.4 : 1, dashArray: this.mode === "swipe" ? "4 3" : null,
      });
    });
  }
}

function swatches() {
  const row = make("div", { class: "ramp" });
  for (let colour = 0; colour < 6; colour++) {
    const block = make("i");
    block.style.background = `var(--grid-${colour})`;
    row.append(block);
  }
  return row;
}
