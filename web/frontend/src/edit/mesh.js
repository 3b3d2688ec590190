/** The units of a plan as the service gives them to editors: shapes, lines between them, neighbours, counts. */

/**
 * @typedef {object} Mesh
 * @property {number} units how many
 * @property {[number, number]} corner Web Mercator metres of the point that `x, y` are counted from
 * @property {number} step metres of one of `x, y`
 * @property {{x: Int32Array, y: Int32Array, ring: Int32Array, unit: Int32Array}} rings points; where each ring starts;
 *     which ring each unit starts with
 * @property {{x: Int32Array, y: Int32Array, arc: Int32Array, left: Int32Array, right: Int32Array, kind: Int32Array}} arcs
 *     lines between two units (-1: outside)
 * @property {{name: string, zh: string, en: string, visible: boolean, blocks: boolean}[]} kinds of lines
 * @property {{start: Int32Array, of: Int32Array}} neighbours units that people can walk to: those of unit u are
 *     `of[start[u]] … of[start[u + 1] - 1]`
 * @property {Record<"households" | "population" | "buildings", Int32Array>} counts by unit
 * @property {Measure[]} measures what bands are of
 * @property {Int32Array} community by unit, -1: none
 * @property {string[]} communities
 * @property {Int32Array} fixed by unit: what it is fixed with, -1: nothing
 * @property {string[]} names by unit
 * @property {{zh: string, en: string, households: Int32Array}[]} housing the plan's housing types, with households by unit;
 *     empty: it knows but one
 * @property {Float64Array} box by unit: least x, least y, greatest x, greatest y
 *
 * @typedef {object} Measure
 * @property {string} rule `households` or `population`
 * @property {string} name tells it from the others
 * @property {number | null} low
 * @property {number | null} high
 * @property {boolean} soft the bounds may be broken
 * @property {number} whole parts of one household, person or grid
 * @property {Float64Array} counts by unit
 */

/**
 * @param {any} told JSON of `/api/v1/plans/…/mesh`
 * @returns {Mesh}
 */
export function readMesh(told) {
  const rings = { ...points(told.rings), ring: ints(told.rings.ring), unit: ints(told.rings.unit) };
  const { arc, left, right, kind } = told.arcs;
  return {
    ...told,
    rings,
    arcs: { ...points(told.arcs), arc: ints(arc), left: ints(left), right: ints(right), kind: ints(kind) },
    neighbours: neighbours(told.units, ints(told.edges.u), ints(told.edges.v)),
    counts: Object.fromEntries(Object.entries(told.counts).map(([name, text]) => [name, ints(text)])),
    measures: told.measures.map((measure) => ({ ...measure, counts: new Float64Array(bytes(measure.counts)) })),
    housing: told.housing.map((type) => ({ ...type, households: ints(type.households) })),
    community: ints(told.community),
    fixed: ints(told.fixed),
    box: boxes(told.units, rings),
  };
}

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) out[i] = raw.charCodeAt(i);
  return out.buffer;
}

/** Whole numbers, as the service packs them. */
export const ints = (text) => new Int32Array(bytes(text));

function points({ x, y }) {
  return { x: summed(ints(x)), y: summed(ints(y)) };
}

function summed(steps) {
  for (let i = 1; i < steps.length; i += 1) steps[i] += steps[i - 1];
  return steps;
}

function neighbours(n, u, v) {
  const start = new Int32Array(n + 1);
  for (const ends of [u, v]) for (const unit of ends) start[unit + 1] += 1;
  for (let i = 0; i < n; i += 1) start[i + 1] += start[i];
  const at = start.slice();
  const of = new Int32Array(2 * u.length);
  for (let i = 0; i < u.length; i += 1) {
    of[at[u[i]]++] = v[i];
    of[at[v[i]]++] = u[i];
  }
  return { start, of };
}

function boxes(n, { x, y, ring, unit }) {
  const box = new Float64Array(4 * n);
  for (let u = 0; u < n; u += 1) {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    // the first ring is the outer one
    for (let i = ring[unit[u]]; i < ring[unit[u] + 1]; i += 1) {
      west = Math.min(west, x[i]);
      east = Math.max(east, x[i]);
      south = Math.min(south, y[i]);
      north = Math.max(north, y[i]);
    }
    box.set([west, south, east, north], 4 * u);
  }
  return box;
}

/** Whether a point lies in a unit: how often a line from it to the east crosses its rings. */
export function holds({ rings: { x, y, ring, unit } }, u, px, py) {
  let inside = false;
  for (let r = unit[u]; r < unit[u + 1]; r += 1) {
    for (let i = ring[r] + 1; i < ring[r + 1]; i += 1) {
      const [ax, ay, bx, by] = [x[i - 1], y[i - 1], x[i], y[i]];
      if (ay > py !== by > py && px < ax + ((py - ay) / (by - ay)) * (bx - ax)) inside = !inside;
    }
  }
  return inside;
}

/** Units by where they are: squares of the plane, each with the units whose boxes meet it. */
export class UnitFinder {
  /** @param {Mesh} mesh */
  constructor(mesh) {
    this.mesh = mesh;
    const { box, units } = mesh;
    const [west, south, east, north] = boxOf(box, Array.from({ length: units }, (_, unit) => unit));
    this.side = Math.max(Math.sqrt(((east - west) * (north - south)) / Math.max(units, 1)), 1);
    this.from = [west, south];
    this.wide = Math.floor((east - west) / this.side) + 1;
    this.high = Math.floor((north - south) / this.side) + 1;
    this.squares = new Map();
    for (let u = 0; u < units; u += 1) {
      for (const square of this.over(box[4 * u], box[4 * u + 1], box[4 * u + 2], box[4 * u + 3])) {
        const list = this.squares.get(square);
        if (list) list.push(u);
        else this.squares.set(square, [u]);
      }
    }
  }

  over(west, south, east, north) {
    const cut = (value, most) => Math.min(Math.max(value, 0), most - 1);
    const [x0, x1] = [west, east].map((x) => cut(Math.floor((x - this.from[0]) / this.side), this.wide));
    const [y0, y1] = [south, north].map((y) => cut(Math.floor((y - this.from[1]) / this.side), this.high));
    const found = [];
    for (let row = y0; row <= y1; row += 1) for (let column = x0; column <= x1; column += 1) found.push(row * this.wide + column);
    return found;
  }

  /** The unit at a point; -1: none. */
  at(x, y) {
    const { box } = this.mesh;
    for (const u of this.squares.get(this.over(x, y, x, y)[0]) ?? []) {
      if (x < box[4 * u] || y < box[4 * u + 1] || x > box[4 * u + 2] || y > box[4 * u + 3]) continue;
      if (holds(this.mesh, u, x, y)) return u;
    }
    return -1;
  }

  /** Units whose middle lies in a shape: `inside(x, y)`, within a box. */
  within(west, south, east, north, inside) {
    const { box } = this.mesh;
    const found = new Set();
    for (const square of this.over(west, south, east, north)) {
      for (const u of this.squares.get(square) ?? []) {
        const [x, y] = [(box[4 * u] + box[4 * u + 2]) / 2, (box[4 * u + 1] + box[4 * u + 3]) / 2];
        if (x >= west && x <= east && y >= south && y <= north && inside(x, y)) found.add(u);
      }
    }
    return [...found];
  }

  /** Units that a circle meets. */
  near(x, y, radius) {
    const { box } = this.mesh;
    const found = new Set();
    for (const square of this.over(x - radius, y - radius, x + radius, y + radius)) {
      for (const u of this.squares.get(square) ?? []) {
        const dx = Math.max(box[4 * u] - x, 0, x - box[4 * u + 2]);
        const dy = Math.max(box[4 * u + 1] - y, 0, y - box[4 * u + 3]);
        if (dx * dx + dy * dy <= radius * radius && (holds(this.mesh, u, x, y) || touches(this.mesh, u, x, y, radius))) found.add(u);
      }
    }
    return [...found];
  }
}

/** Whether a unit's outline comes nearer to a point than `radius`. */
function touches({ rings: { x, y, ring, unit } }, u, px, py, radius) {
  for (let r = unit[u]; r < unit[u + 1]; r += 1) {
    for (let i = ring[r] + 1; i < ring[r + 1]; i += 1) {
      const [ax, ay, bx, by] = [x[i - 1], y[i - 1], x[i], y[i]];
      const [dx, dy] = [bx - ax, by - ay];
      const share = Math.min(Math.max(((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1), 0), 1);
      if ((ax + share * dx - px) ** 2 + (ay + share * dy - py) ** 2 <= radius * radius) return true;
    }
  }
  return false;
}

/** Least x, least y, greatest x and greatest y of some units. */
export function boxOf(box, units) {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const unit of units) {
    west = Math.min(west, box[4 * unit]);
    south = Math.min(south, box[4 * unit + 1]);
    east = Math.max(east, box[4 * unit + 2]);
    north = Math.max(north, box[4 * unit + 3]);
  }
  return [west, south, east, north];
}
