/** Labels that fit: name and households in a large grid, the code in a small one, never one over another. */
const GridLabels = L.Layer.extend({
  initialize(grids, metres) {
    this.grids = grids;
    this.metres = metres;
    this.byRoom = [...grids].sort((a, b) => b.wide * b.high - a.wide * a.high);
    this.ruler = el("canvas").getContext("2d");
    this.widths = new Map();
  },

  onAdd(map) {
    this.box = el("div", { class: "grid-labels leaflet-zoom-hide", "aria-hidden": "true" });
    map.getPane("labels").append(this.box);
    this.place();
  },

  onRemove() {
    this.box.remove();
  },

  getEvents() {
    return { zoomend: this.place, moveend: this.place, resize: this.place };
  },

  place() {
    const map = this._map, pixel = 256 * 2 ** map.getZoom() / this.metres;
    const view = map.getPixelBounds(), origin = map.getPixelOrigin();
    const taken = this.taken = [], shown = [];
    for (const grid of this.byRoom) {
      const at = map.project(grid.label);
      if (!view.contains(at)) continue;
      const label = this.fitting(grid, 2 * grid.wide * pixel, 2 * grid.high * pixel, (w, h) =>
        taken.every((box) => Math.abs(box.x - at.x) * 2 >= box.w + w || Math.abs(box.y - at.y) * 2 >= box.h + h));
      if (!label) continue;
      taken.push({ x: at.x, y: at.y, w: label.w, h: label.h });
      shown.push(el("div", {
        class: `grid-label${grid.kept ? "" : " out"}`,
        style: `left:${Math.round(at.x - origin.x)}px;top:${Math.round(at.y - origin.y)}px;font-size:${label.size}px`,
      }, el("b", {}, label.text), label.more ? el("span", {}, label.more) : null));
    }
    this.box.replaceChildren(...shown);
    this.fire("placed");
  },

  /** The first wish that has room and is free; the code alone may be wider than its grid by a little. */
  fitting(grid, wide, high, free) {
    const households = `${count(grid.households)} ${word("households")}`;
    const wishes = [
      [pick([grid.zh, grid.en]), households, 14], [grid.short, households, 13], [grid.short, count(grid.households), 12],
      [grid.short, "", 12], [grid.short, "", 11], [grid.short, "", 10],
    ];
    for (const [text, more, size] of wishes) {
      const w = Math.max(this.width(text, size), 0.86 * this.width(more, size)) + 4, h = size * (more ? 2.25 : 1.25);
      const slack = size > 10 ? 1.05 : 1.6;
      if (w <= wide * slack && h <= high * slack && free(w, h)) return { text, more, size, w, h };
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

/** Names of communities or sectors, where the grids' labels leave room around the middle of each. */
const AreaNames = L.Layer.extend({
  initialize(outline, labels) {
    this.outline = outline;
    this.labels = labels;
  },

  onAdd(map) {
    this.box = el("div", { class: `grid-labels area-names ${this.outline.level} leaflet-zoom-hide`, "aria-hidden": "true" });
    map.getPane("labels").append(this.box);
  },

  onRemove() {
    this.box.remove();
  },

  place() {
    if (!this._map) return;
    const map = this._map, view = map.getPixelBounds(), origin = map.getPixelOrigin();
    // the labels of the levels above were placed before: their room is taken, too
    const pixel = 256 * 2 ** map.getZoom() / this.labels.metres;
    const taken = this.labels.taken, shown = [], size = this.outline.level === "community" ? 16 : 12;
    this.outline.at.forEach(([lng, lat], i) => {
      const middle = map.project([lat, lng]), text = pick(this.outline.names[i]);
      const w = this.labels.width(text, size) + 8, h = size * 1.3;
      if (w > 1.1 * this.outline.room[i] * pixel) return;
      const free = ({ x, y }) => taken.every((box) => Math.abs(box.x - x) * 2 >= box.w + w || Math.abs(box.y - y) * 2 >= box.h + h);
      const at = [0, -1, 1].map((step) => ({ x: middle.x, y: middle.y + step * h })).find(free);
      if (!at || !view.contains([at.x, at.y])) return;
      taken.push({ ...at, w, h });
      shown.push(el("div", {
        class: "grid-label", style: `left:${Math.round(at.x - origin.x)}px;top:${Math.round(at.y - origin.y)}px;font-size:${size}px`,
      }, el("b", {}, text)));
    });
    this.box.replaceChildren(...shown);
  },
});
