/** A plan at a glance: its grids in their colours, no larger than a stamp. */
import { draw } from "../dom.js";
import { gettext } from "../words.js";

const SIDE = 1000;

/**
 * @param {GeoJSON.Feature[]} features grids
 * @param {(grid: {code: string, colour: number}) => string} [classOf] what a grid looks like; by default its colour
 * @returns {SVGElement}
 */
export function smallMap(features, classOf = ({ colour }) => `grid-${colour}`) {
  const shapes = features.map(({ geometry: { type, coordinates } }) => (type === "Polygon" ? [coordinates] : coordinates).flat());
  const points = shapes.flat(2);
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const [west, east, south, north] = [least(xs), most(xs), least(ys), most(ys)];
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = SIDE / Math.max((east - west) * narrow, north - south);
  const path = (rings) => rings.map((ring) =>
    `M${ring.map(([x, y]) => `${((x - west) * narrow * scale).toFixed(1)} ${((north - y) * scale).toFixed(1)}`).join("L")}Z`).join("");
  return draw("svg", { viewBox: `-8 -8 ${(east - west) * narrow * scale + 16} ${(north - south) * scale + 16}`, role: "img", "aria-label": gettext("Small map of the grids") },
    ...features.map(({ properties }, index) => draw("path", { d: path(shapes[index]), class: classOf(properties) })));
}
