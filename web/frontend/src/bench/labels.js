/** Labels that fit: name and counts in a large grid, the code in a small one, never one over another. */
import L from "leaflet";
import { make } from "../dom.js";

/** A point in the world as a square of side 1, as the map draws it. */
function inWorld([lat, lng]) {
  const sin = Math.sin((lat * Math.PI) / 180);
  return [(lng + 180) / 360, 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)];
}

/** How far a point is from the edges to its left and right, or above and below: the least of both sides. */
function reach(rings, at, along) {
  const across = 1 - along;
  let least = Infinity;
  for (const ring of rings) {
    for (let i = 0, before = ring.at(-1); i < ring.length; before = ring[i++]) {
      const [a, b] = [before, ring[i]];
      if (a[across] > at[across] === b[across] > at[across]) continue;
      const share = (at[across] - a[across]) / (b[across] - a[across]);
      least = Math.min(least, Math.abs(a[along] + share * (b[along] - a[along]) - at[along]));
    }
  }
  return least;
}

/** Half of the width and height that a label in a grid may have, in the world's square. */
export function roomOf({ rings, label }) {
  const drawn = rings.map((ring) => ring.map(inWorld));
  const [x, y] = inWorld([label.lat, label.lng]);
  const high = reach(drawn, [x, y], 1);
  // the narrowest of three lines: through the label's middle, its top and its bottom
  const wide = Math.min(...[0, high / 3, -high / 3].map((lift) => reach(drawn, [x, y + lift], 0)));
  return { wide, high };
}

export const GridLabels = L.Layer.extend({
  /**
   * @param {import("./board.js").Board} board
   * @param {import("./colouring.js").Colouring} colouring
   * @param {string} [pane] of the map
   */
  initialize(board, colouring, pane = "labels") {
    Object.assign(this, { colouring, pane });
    this.ruler = document.createElement("canvas").getContext("2d");
    this.widths = new Map();
    this.board = board;
    this.arrange();
    board.addEventListener("change", () => {
      this.arrange();
      if (this._map) this.place();
    });
    colouring.addEventListener("change", () => this._map && this.place());
  },

  arrange() {
    const rooms = this.board.grids.map((grid) => ({ grid, ...(grid.room ?? roomOf(grid)) }));
    this.byRoom = rooms.sort((a, b) => b.wide * b.high - a.wide * a.high);
  },

  onAdd(map) {
    this.box = make("div", { class: "grid-labels leaflet-zoom-hide", "aria-hidden": "true" });
    map.getPane(this.pane).append(this.box);
    this.place();
  },

  onRemove() {
    this.box.remove();
  },

  getEvents() {
    return { zoomend: this.place, moveend: this.place, resize: this.place };
  },

  place() {
    const map = this._map;
    const world = 256 * 2 ** map.getZoom();
    const [view, origin] = [map.getPixelBounds(), map.getPixelOrigin()];
    const taken = [];
    const shown = [];
    for (const { grid, wide, high } of this.byRoom) {
      const at = map.project(grid.label);
      if (!view.contains(at)) continue;
      const free = (w, h) =>
        taken.every((box) => Math.abs(box.x - at.x) * 2 >= box.w + w || Math.abs(box.y - at.y) * 2 >= box.h + h);
      const label = this.fitting(grid, 2 * wide * world, 2 * high * world, free);
      if (!label) continue;
      taken.push({ x: at.x, y: at.y, w: label.w, h: label.h });
      const box = make("div", { class: `grid-label${grid.kept ? "" : " out"}` },
        make("b", {}, label.text), label.more && make("span", {}, label.more));
      Object.assign(box.style, {
        left: `${Math.round(at.x - origin.x)}px`, top: `${Math.round(at.y - origin.y)}px`, fontSize: `${label.size}px`,
      });
      shown.push(box);
    }
    this.box.replaceChildren(...shown);
  },

  /** The first wish that has room and is free; the code alone may be wider than its grid by a little. */
  fitting(grid, wide, high, free) {
    const texts = this.colouring.textsOf(grid);
    const code = grid.kept ? grid.short : `${grid.below ? "▼" : "▲"} ${grid.short}`;
    const wishes = [
      ...texts.map((more) => [grid.name, more, 14]), ...texts.map((more) => [code, more, 13]), [code, texts.at(-1), 12],
      [code, "", 12], [code, "", 11], [code, "", 10],
    ];
    for (const [text, more, size] of wishes) {
      const w = Math.max(this.width(text, size), 0.86 * this.width(more, size)) + 4;
      const h = size * (more ? 2.25 : 1.25);
      if (w <= wide * (size > 10 ? 1.05 : 1.6) && h <= high && free(w, h)) return { text, more, size, w, h };
    }
    return null;
  },

  width(text, size) {
    const key = `${size} ${text}`;
    if (!this.widths.has(key)) {
      this.ruler.font = `600 ${size}px ${getComputedStyle(document.body).fontFamily}`;
      this.widths.set(key, this.ruler.measureText(text).width);
    }
    return this.widths.get(key);
  },
});
