/** Where a point lies among a few grids: enough geometry for a phone without reception. */

const METRES = 111_320;

/** Metres east and north of one `[lon, lat]` from another; over such distances the ground is flat. */
function offset([lon, lat], [lon0, lat0]) {
  return [(lon - lon0) * METRES * Math.cos((lat0 * Math.PI) / 180), (lat - lat0) * METRES];
}

/** @returns {number} metres between two `[lon, lat]` */
export const metres = (a, b) => Math.hypot(...offset(a, b));

const rings = ({ type, coordinates }) => (type === "Polygon" ? coordinates : coordinates.flat());

/** Whether a GeoJSON polygon, multiple or not, holds a `[lon, lat]`. */
export function holds(geometry, [x, y]) {
  let inside = false;
  for (const ring of rings(geometry)) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[ax, ay], [bx, by]] = [ring[i], ring[j]];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
  }
  return inside;
}

/** Metres from a `[lon, lat]` to the border of a polygon. */
export function toBorder(geometry, at) {
  let least = Infinity;
  for (const ring of rings(geometry)) {
    const near = ring.map((corner) => offset(corner, at));
    for (let i = 1; i < near.length; i++) least = Math.min(least, toLine(near[i - 1], near[i]));
  }
  return least;
}

/** From the origin to a piece of line. */
function toLine([ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(ax + along * dx, ay + along * dy);
}

/**
 * The grids at a point, or so near to it that they may be the one meant; the one that holds it first.
 *
 * @param {{code: string, geometry: object}[]} grids
 * @param {[number, number]} at
 * @param {number} near metres
 */
export function gridsAt(grids, at, near) {
  return grids
    .map((grid) => ({ grid, inside: holds(grid.geometry, at), border: toBorder(grid.geometry, at) }))
    .filter(({ inside, border }) => inside || border <= near)
    .sort((a, b) => b.inside - a.inside || a.border - b.border);
}

/** South-west and north-east of some polygons, as maps take them. */
export function boundsOf(geometries) {
  const corners = geometries.flatMap((one) => rings(one).flat());
  const [x, y] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  return [[Math.min(...y), Math.min(...x)], [Math.max(...y), Math.max(...x)]];
}

/** The tiles that cover a box, of some zooms: `[z, x, y]`. */
export function tilesOf([[south, west], [north, east]], zooms) {
  return zooms.flatMap((z) => {
    const column = (lon) => Math.floor(((lon + 180) / 360) * 2 ** z);
    const row = (lat) => Math.floor((0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI)) * 2 ** z);
    const found = [];
    for (let x = column(west); x <= column(east); x++) {
      for (let y = row(north); y <= row(south); y++) found.push([z, x, y]);
    }
    return found;
  });
}
