/** How much room a label has in each grid, from the lines around it. */

/** Half of the world's width in Web Mercator, metres. */
const HALF = 20037508.342789244;

/**
 * @param {import("./mesh.js").Mesh} mesh
 * @param {string[]} of code of the grid of every unit
 * @param {Set<string>} codes
 * @returns {Map<string, number[]>} lines around each grid, as `ax, ay, bx, by` one after the other
 */
export function outlinesOf({ arcs: { x, y, arc, left, right } }, of, codes) {
  const found = new Map([...codes].map((code) => [code, []]));
  for (let a = 0; a < left.length; a += 1) {
    const one = of[left[a]];
    const other = right[a] < 0 ? null : of[right[a]];
    if (one === other) continue;
    for (const code of [one, other]) {
      const list = found.get(code);
      if (!list) continue;
      for (let i = arc[a] + 1; i < arc[a + 1]; i += 1) list.push(x[i - 1], y[i - 1], x[i], y[i]);
    }
  }
  return found;
}

/** How far a point is from lines to its left and right: the less of both. */
function reach(lines, px, py, turned) {
  let least = Infinity;
  for (let i = 0; i < lines.length; i += 4) {
    const [ax, ay, bx, by] = turned
      ? [lines[i + 1], lines[i], lines[i + 3], lines[i + 2]]
      : [lines[i], lines[i + 1], lines[i + 2], lines[i + 3]];
    if (ay > py === by > py) continue;
    least = Math.min(least, Math.abs(ax + ((py - ay) / (by - ay)) * (bx - ax) - px));
  }
  return least;
}

/**
 * Half of the width and height that a label may have, as shares of the world's width.
 *
 * @param {import("./mesh.js").Mesh} mesh
 * @param {number[]} lines around the grid
 * @param {[number, number]} label Web Mercator metres
 */
export function roomIn({ corner, step }, lines, label) {
  const [x, y] = label.map((value, axis) => (value - corner[axis]) / step);
  const high = reach(lines, y, x, true);
  const wide = Math.min(...[0, high / 3, -high / 3].map((lift) => reach(lines, x, y + lift, false)));
  const share = step / (2 * HALF);
  return { wide: wide * share, high: high * share };
}

/** Latitude and longitude of a point in Web Mercator. */
export function placeOf([x, y]) {
  return { lng: (x / HALF) * 180, lat: (Math.atan(Math.sinh((y / HALF) * Math.PI)) * 180) / Math.PI };
}
