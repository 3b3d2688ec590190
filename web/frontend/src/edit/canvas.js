/** Units and grids of a draft on the map: grids in their colours, lines between them, what is chosen; drawn on canvases. */
import L from "leaflet";
import { onScheme, token } from "../dom.js";
import { bringIntoView } from "../bench/view.js";
import { boxOf } from "./mesh.js";

/** Half of the world's width in Web Mercator, metres. */
const HALF = 20037508.342789244;

/**
 * A canvas over the whole map, drawn in the mesh's own numbers: shapes are made once and only scaled and moved.
 */
const MeshCanvas = L.Layer.extend({
  initialize(mesh, pane, paint) {
    Object.assign(this, { mesh, pane, paint });
  },

  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated");
    this.canvas.setAttribute("aria-hidden", "true");
    this.canvas.style.pointerEvents = "none";
    map.getPane(this.pane).append(this.canvas);
    this.place();
  },

  onRemove() {
    this.canvas.remove();
  },

  getEvents() {
    return { moveend: this.place, resize: this.place, zoomanim: this.follow };
  },

  /** Go along with an animated zoom; drawn anew at its end. */
  follow({ zoom, center }) {
    const map = this._map;
    const scale = map.getZoomScale(zoom, this.zoom);
    const offset = map._latLngBoundsToNewLayerBounds(this.bounds, zoom, center).min;
    L.DomUtil.setTransform(this.canvas, offset, scale);
  },

  place() {
    const map = this._map;
    const size = map.getSize();
    // a margin, so that a short drag shows no edge
    const margin = size.multiplyBy(0.2).round();
    this.corner = map.containerPointToLayerPoint(margin.multiplyBy(-1)).round();
    this.zoom = map.getZoom();
    this.bounds = L.latLngBounds(
      map.layerPointToLatLng(this.corner), map.layerPointToLatLng(this.corner.add(size.add(margin.multiplyBy(2)))));
    const sharp = Math.min(window.devicePixelRatio || 1, 2);
    const whole = size.add(margin.multiplyBy(2));
    if (this.canvas.width !== whole.x * sharp || this.canvas.height !== whole.y * sharp) {
      this.canvas.width = whole.x * sharp;
      this.canvas.height = whole.y * sharp;
      Object.assign(this.canvas.style, { width: `${whole.x}px`, height: `${whole.y}px` });
    }
    L.DomUtil.setTransform(this.canvas, this.corner, 1);
    this.sharp = sharp;
    this.redraw();
  },

  /** Pixels of the screen for one of the mesh's numbers. */
  scale() {
    return ((256 * 2 ** this._map.getZoom()) / (2 * HALF)) * this.mesh.step;
  },

  redraw() {
    if (!this._map) return;
    const map = this._map;
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const world = 256 * 2 ** map.getZoom();
    const origin = map.getPixelOrigin().add(this.corner);
    const [x, y] = this.mesh.corner;
    const scale = this.scale();
    const left = ((x + HALF) / (2 * HALF)) * world - origin.x;
    const top = ((HALF - y) / (2 * HALF)) * world - origin.y;
    context.setTransform(scale * this.sharp, 0, 0, -scale * this.sharp, left * this.sharp, top * this.sharp);
    this.paint(context, 1 / scale);
  },
});

/** The outline of units as a path. */
export function pathOf({ rings: { x, y, ring, unit } }, units) {
  const path = new Path2D();
  for (const u of units) {
    for (let r = unit[u]; r < unit[u + 1]; r += 1) {
      path.moveTo(x[ring[r]], y[ring[r]]);
      for (let i = ring[r] + 1; i < ring[r + 1]; i += 1) path.lineTo(x[i], y[i]);
      path.closePath();
    }
  }
  return path;
}

/** The lines whose two sides fulfil a condition, as a path. */
function linesOf({ arcs: { x, y, arc, left, right } }, wanted) {
  const path = new Path2D();
  for (let a = 0; a < left.length; a += 1) {
    if (!wanted(left[a], right[a])) continue;
    path.moveTo(x[arc[a]], y[arc[a]]);
    for (let i = arc[a] + 1; i < arc[a + 1]; i += 1) path.lineTo(x[i], y[i]);
  }
  return path;
}

export class Drawing {
  /**
   * @param {import("../map/index.js").GridMap} map
   * @param {import("./draft.js").Draft} draft
   * @param {import("../bench/selection.js").Selection} selection
   * @param {import("../bench/colouring.js").Colouring} colouring
   */
  constructor(map, draft, selection, colouring) {
    Object.assign(this, { map, draft, selection, colouring });
    this.fills = new Map();
    this.inner = linesOf(draft.mesh, (left, right) => right >= 0);
    /** Units that are chosen, where they would go, and what that would cut off. */
    this.chosen = { units: [], path: null, to: null, stray: null };
    /** Units that an edit has cut off, while they are looked for. */
    this.warned = null;
    /** Units that others moved. */
    this.others = { units: new Set(), path: null };
    this.shape(null);
    this.areas = new MeshCanvas(draft.mesh, "grids", (context, pixel) => this.paintAreas(context, pixel)).addTo(map.leaflet);
    this.lines = new MeshCanvas(draft.mesh, "borders", (context, pixel) => this.paintLines(context, pixel)).addTo(map.leaflet);
    this.marks = new MeshCanvas(draft.mesh, "tools", (context, pixel) => this.paintMarks(context, pixel)).addTo(map.leaflet);
    draft.addEventListener("change", ({ detail: { codes } }) => {
      this.shape(codes);
      this.redraw();
    });
    selection.addEventListener("select", () => this.redraw());
    selection.addEventListener("point", () => this.areas.redraw());
    colouring.addEventListener("change", () => this.areas.redraw());
    onScheme(() => this.redraw());
  }

  /** Make the shapes of some grids anew, or of all. */
  shape(codes) {
    const { mesh, of, members } = this.draft;
    if (codes) for (const code of codes) this.fills.delete(code);
    else this.fills.clear();
    for (const code of this.fills.keys()) if (!members.has(code)) this.fills.delete(code);
    for (const [code, units] of members) if (!this.fills.has(code)) this.fills.set(code, pathOf(mesh, units));
    this.borders = linesOf(mesh, (left, right) => right < 0 || of[left] !== of[right]);
    const { locked } = this.draft;
    this.locked = locked.size ? { fill: pathOf(mesh, locked), line: linesOf(mesh, (left, right) => locked.has(left) !== locked.has(right)) } : null;
  }

  redraw() {
    for (const layer of [this.areas, this.lines, this.marks]) layer.redraw();
  }

  /** Show units as chosen, in the colour of the grid they would go to, and what that would cut off. */
  choose(units, to = null, stray = []) {
    const same = units.length === this.chosen.units.length && units.every((unit, at) => unit === this.chosen.units[at]);
    const path = same ? this.chosen.path : pathOf(this.draft.mesh, units);
    this.chosen = { units, to, path, stray: stray.length ? pathOf(this.draft.mesh, stray) : null };
    this.marks.redraw();
  }

  /** Mark units that others moved. */
  markOthers(units) {
    this.others = { units: new Set(units), path: pathOf(this.draft.mesh, units) };
    this.marks.redraw();
  }

  /** Mark units that are cut off. */
  warn(units) {
    this.warned = units.length ? pathOf(this.draft.mesh, units) : null;
    this.marks.redraw();
  }

  /** Bring units into view. */
  lead(units) {
    if (!units?.length) return;
    const { box, corner, step } = this.draft.mesh;
    const [west, south, east, north] = boxOf(box, units);
    const at = (x, y) => L.CRS.EPSG3857.unproject(L.point(corner[0] + x * step, corner[1] + y * step));
    bringIntoView(this.map, [at(west, south), at(east, north)]);
  }

  paintAreas(context) {
    const { selected, pointed } = this.selection;
    for (const [code, path] of this.fills) {
      const full = code === selected ? 0.2 : code === pointed ? 0.1 : 0;
      context.globalAlpha = this.colouring.fill * (selected && code !== selected ? 0.6 : 1) + full;
      context.fillStyle = token(this.colouring.tokenOf(this.draft.grids.get(code)));
      // neighbouring units meet without a seam when filled as one path
      context.fill(path, "nonzero");
    }
    context.globalAlpha = 1;
  }

  paintLines(context, pixel) {
    const weight = Math.min(Math.max((this.map.leaflet.getZoom() - 11) / 4, 0.5), 1.25);
    context.lineJoin = "round";
    if (this.map.leaflet.getZoom() >= 15) {
      context.strokeStyle = token("--map-ink");
      context.globalAlpha = 0.25;
      context.lineWidth = 0.6 * pixel;
      context.stroke(this.inner);
      context.globalAlpha = 1;
    }
    context.strokeStyle = token("--map-halo");
    context.globalAlpha = 0.85;
    context.lineWidth = 4 * weight * pixel;
    context.stroke(this.borders);
    context.globalAlpha = 1;
    context.strokeStyle = token("--map-ink");
    context.lineWidth = 1.4 * weight * pixel;
    context.stroke(this.borders);
    const { selected } = this.selection;
    if (selected && this.draft.members.has(selected)) {
      const { of } = this.draft;
      context.strokeStyle = token("--accent");
      context.lineWidth = 4 * weight * pixel;
      context.stroke(linesOf(this.draft.mesh, (left, right) => (of[left] === selected) !== (right >= 0 && of[right] === selected)));
    }
    this.hatchLocked(context, pixel);
  }

  /** Grids and units that stay as they are, hatched: colour is never the only sign. */
  hatchLocked(context, pixel) {
    const held = [...this.draft.grids.keys()].filter((code) => this.draft.isHeld(code));
    if (held.length) {
      context.fillStyle = hatching(context, pixel, token("--map-ink"));
      context.globalAlpha = 0.35;
      for (const code of held) context.fill(this.fills.get(code));
      context.globalAlpha = 1;
    }
    if (!this.locked) return;
    context.fillStyle = hatching(context, pixel, token("--map-ink"), true);
    context.globalAlpha = 0.6;
    context.fill(this.locked.fill, "nonzero");
    context.globalAlpha = 1;
    context.strokeStyle = token("--map-ink");
    context.lineWidth = 2 * pixel;
    context.setLineDash([2 * pixel, 2 * pixel]);
    context.stroke(this.locked.line);
    context.setLineDash([]);
  }

  paintMarks(context, pixel) {
    this.paintOthers(context, pixel);
    const { path, units, to, stray } = this.chosen;
    for (const lost of [stray, this.warned].filter(Boolean)) {
      context.fillStyle = hatching(context, pixel, token("--overdue"));
      context.fill(lost, "nonzero");
      context.strokeStyle = token("--overdue");
      context.lineWidth = 2.5 * pixel;
      context.stroke(lost);
    }
    if (!units.length) return;
    const grid = to === null ? null : this.draft.grids.get(to);
    context.globalAlpha = 0.55;
    context.fillStyle = grid ? token(this.colouring.tokenOf(grid)) : token("--accent");
    context.fill(path, "nonzero");
    context.globalAlpha = 1;
    context.strokeStyle = token("--accent");
    context.lineWidth = 2 * pixel;
    context.lineJoin = "round";
    const taken = new Set(units);
    context.stroke(linesOf(this.draft.mesh, (left, right) => taken.has(left) !== taken.has(right)));
  }

  /** What others moved: a wash, and a dashed line around it. */
  paintOthers(context, pixel) {
    const { path, units } = this.others;
    if (!units.size) return;
    context.globalAlpha = 0.3;
    context.fillStyle = token("--attention");
    context.fill(path, "nonzero");
    context.globalAlpha = 1;
    context.strokeStyle = token("--attention");
    context.lineWidth = 3 * pixel;
    context.setLineDash([7 * pixel, 4 * pixel]);
    context.stroke(linesOf(this.draft.mesh, (left, right) => units.has(left) !== units.has(right)));
    context.setLineDash([]);
  }

  /** A point of the map in the mesh's numbers. */
  inMesh(latlng) {
    const { corner, step } = this.draft.mesh;
    const { x, y } = L.CRS.EPSG3857.project(L.latLng(latlng));
    return [(x - corner[0]) / step, (y - corner[1]) / step];
  }

  /** How many of the mesh's numbers some pixels of the screen are. */
  pixels(count) {
    return count / this.areas.scale();
  }
}

/** Slanting lines, as far apart on the screen at every zoom; crossed where that is wanted. */
function hatching(context, pixel, colour, crossed = false) {
  const side = crossed ? 6 : 8;
  const tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const ink = tile.getContext("2d");
  ink.strokeStyle = colour;
  ink.lineWidth = 1;
  for (const shift of [-side, 0, side]) {
    ink.moveTo(shift, side);
    ink.lineTo(shift + side, 0);
    if (crossed) {
      ink.moveTo(shift, 0);
      ink.lineTo(shift + side, side);
    }
  }
  ink.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(pixel));
  return pattern;
}
