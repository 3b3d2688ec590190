/** Unpack shapes: runs of steps of 1e-6 degrees, all shapes of a layer in one run. */

/** Shapes as rings of [lat, lng], one list of rings a shape. */
function asLatLngs({ sizes, steps, parts }) {
  let x = 0, y = 0, step = 0, ring = 0;
  return parts.map((rings) => Array.from({ length: rings }, () =>
    Array.from({ length: sizes[ring++] }, () => {
      x += steps[step++];
      y += steps[step++];
      return [y / 1e6, x / 1e6];
    })));
}

/**
 * Shapes in the world plane, where x and y run from 0 to 1 as the map's tiles do at zoom 0.
 * `xy` holds all vertices, `ends` where each ring ends, `rings` where each shape's rings end, `box` its extent.
 */
function asPlane({ sizes, steps, parts }) {
  const xy = new Float64Array(steps.length);
  const ends = new Int32Array(sizes.length), rings = new Int32Array(parts.length), box = new Float64Array(4 * parts.length);
  let x = 0, y = 0, at = 0, ring = 0;
  parts.forEach((many, shape) => {
    let [west, north, east, south] = [2, 2, -2, -2];
    for (const last = ring + many; ring < last; ring++) {
      for (const end = at + 2 * sizes[ring]; at < end; at += 2) {
        x += steps[at];
        y += steps[at + 1];
        const sine = Math.sin(y * 1e-6 * Math.PI / 180);
        const px = xy[at] = x / 360e6 + 0.5;
        const py = xy[at + 1] = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
        if (px < west) west = px;
        if (px > east) east = px;
        if (py < north) north = py;
        if (py > south) south = py;
      }
      ends[ring] = at;
    }
    rings[shape] = ring;
    box.set([west, north, east, south], 4 * shape);
  });
  return { xy, ends, rings, box, length: parts.length };
}

function* shapesIn({ box, length }, west, north, east, south) {
  for (let i = 0; i < length; i++) {
    if (box[4 * i] <= east && box[4 * i + 2] >= west && box[4 * i + 1] <= south && box[4 * i + 3] >= north) yield i;
  }
}

/** Add a shape to the canvas's path. */
function trace(ctx, { xy, ends, rings }, shape, scale, left, top, closed) {
  for (let ring = shape ? rings[shape - 1] : 0; ring < rings[shape]; ring++) {
    const begin = ring ? ends[ring - 1] : 0;
    for (let at = begin; at < ends[ring]; at += 2) {
      const x = xy[at] * scale - left, y = xy[at + 1] * scale - top;
      if (at === begin) ctx.moveTo(x, y);
      else ctx.lineTo(x, y);
    }
    if (closed) ctx.closePath();
  }
}

/** The shape that covers a point of the plane, or -1: a ray to the east crosses its rings an odd number of times. */
function shapeAt(set, x, y) {
  for (const shape of shapesIn(set, x, y, x, y)) {
    let inside = false;
    for (let ring = shape ? set.rings[shape - 1] : 0; ring < set.rings[shape]; ring++) {
      const begin = ring ? set.ends[ring - 1] : 0;
      for (let at = begin, before = set.ends[ring] - 2; at < set.ends[ring]; before = at, at += 2) {
        const [x1, y1, x2, y2] = [set.xy[at], set.xy[at + 1], set.xy[before], set.xy[before + 1]];
        if ((y1 > y) !== (y2 > y) && x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)) inside = !inside;
      }
    }
    if (inside) return shape;
  }
  return -1;
}
