/** Units and grids of a draft on the map: grids in their colours, lines between them, what is chosen; drawn on canvases. */
import L from "leaflet";
import { onScheme, token } from "../dom.js";
import { deviationToken } from "../bench/legend.js";

const FILL = { grid: 0.26, deviation: 0.5 };
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
   */
  constructor(map, draft, selection) {
    Object.assign(this, { map, draft, selection });
    this.mode = "grid";
    this.fills = new Map();
    this.inner = linesOf(draft.mesh, (left, right) => right >= 0);
    /** Units that are chosen, and where they would go. */
    this.chosen = { units: [], path: null, to: null };
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
    onScheme(() => this.redraw());
  }

  colourBy(mode) {
    this.mode = mode;
    this.areas.redraw();
  }

  /** Make the shapes of some grids anew, or of all. */
  shape(codes) {
    const { mesh, of, members } = this.draft;
    if (codes) for (const code of codes) this.fills.delete(code);
    else this.fills.clear();
    for (const code of this.fills.keys()) if (!members.has(code)) this.fills.delete(code);
    for (const [code, units] of members) if (!this.fills.has(code)) this.fills.set(code, pathOf(mesh, units));
    this.borders = linesOf(mesh, (left, right) => right < 0 || of[left] !== of[right]);
  }

  redraw() {
    for (const layer of [this.areas, this.lines, this.marks]) layer.redraw();
  }

  /** Show units as chosen, in the colour of the grid they would go to. */
  choose(units, to = null) {
    const same = units.length === this.chosen.units.length && units.every((unit, at) => unit === this.chosen.units[at]);
    this.chosen = { units, to, path: same ? this.chosen.path : pathOf(this.draft.mesh, units) };
    this.marks.redraw();
  }

  fillOf(grid) {
    return token(this.mode === "grid" ? `--grid-${grid.colour}` : deviationToken(grid.deviation ?? 0));
  }

  paintAreas(context) {
    const { selected, pointed } = this.selection;
    for (const [code, path] of this.fills) {
      const full = code === selected ? 0.2 : code === pointed ? 0.1 : 0;
      context.globalAlpha = FILL[this.mode] * (selected && code !== selected ? 0.5 : 1) + full;
      context.fillStyle = this.fillOf(this.draft.grids.get(code));
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

  /** Grids that stay as they are, hatched: colour is never the only sign. */
  hatchLocked(context, pixel) {
    const held = [...this.draft.grids.values()].filter((grid) => grid.locked || grid.fixed);
    if (!held.length) return;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const ink = tile.getContext("2d");
    ink.strokeStyle = token("--map-ink");
    ink.lineWidth = 1;
    for (const shift of [-8, 0, 8]) {
      ink.moveTo(shift, 8);
      ink.lineTo(shift + 8, 0);
    }
    ink.stroke();
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(pixel));
    context.globalAlpha = 0.35;
    context.fillStyle = pattern;
    for (const { code } of held) context.fill(this.fills.get(code));
    context.globalAlpha = 1;
  }

  paintMarks(context, pixel) {
    const { path, units, to } = this.chosen;
    if (!units.length) return;
    const grid = to === null ? null : this.draft.grids.get(to);
    context.globalAlpha = 0.55;
    context.fillStyle = grid ? token(`--grid-${grid.colour}`) : token("--accent");
    context.fill(path, "nonzero");
    context.globalAlpha = 1;
    context.strokeStyle = token("--accent");
    context.lineWidth = 2 * pixel;
    context.lineJoin = "round";
    const taken = new Set(units);
    context.stroke(linesOf(this.draft.mesh, (left, right) => taken.has(left) !== taken.has(right)));
  }

  /** What takes the mesh's numbers, as Web Mercator metres, back to places. */
  projection() {
    return { CRS: L.CRS.EPSG3857, point: L.point };
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
