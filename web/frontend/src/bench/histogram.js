/** How large the grids are: bars, with the band's limits; the selected grid's bar is marked. */
import { draw, make } from "../dom.js";
import { gettext, ngettext, number } from "../words.js";
import { measureOf } from "./plan.js";

const [WIDE, HIGH, FOOT, HEAD] = [336, 96, 16, 14];
const STEPS = [1, 2, 2.5, 5, 10];
/** No bar is lower, pixels. */
const LEAST = 3;
/** More bars than these have no room for numbers. */
const MANY = 20;

/** A round width that makes about `wanted` bars of a range. */
export function stepOf(range, wanted) {
  const rough = Math.max(range / wanted, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return Math.max(1, Math.round(STEPS.find((step) => step * power >= rough) * power));
}

/**
 * @param {number[]} values
 * @param {import("./plan.js").Band | undefined} band
 * @returns {{from: number, step: number, counts: number[]}} bars that hold all values and both limits of the band
 */
export function barsOf(values, band) {
  const low = Math.min(...values, band?.low ?? Infinity);
  const high = Math.max(...values, band?.high ?? -Infinity);
  const step = stepOf(high - low, 14);
  const from = Math.floor(low / step) * step;
  const counts = new Array(Math.floor((high - from) / step) + 1).fill(0);
  for (const value of values) counts[Math.floor((value - from) / step)] += 1;
  return { from, step, counts };
}

/**
 * @param {HTMLElement} place
 * @param {import("./board.js").Board} board
 * @param {import("./selection.js").Selection} selection
 */
export function showHistogram(place, board, selection) {
  const { bands } = board;
  let measure = measureOf(bands);
  const names = { households: gettext("Households"), population: gettext("Population") };
  const picture = make("div");
  const choices = Object.entries(names).map(([name, text]) =>
    make("button", { type: "button", "data-measure": name, onclick: () => choose(name) }, text));

  const choose = (name) => {
    measure = name;
    for (const one of choices) one.setAttribute("aria-pressed", String(one.dataset.measure === name));
    paint();
  };
  const paint = () => {
    const values = board.grids.map((grid) => grid[measure]);
    if (values.length) picture.replaceChildren(drawing(values, bands[measure], valueOf(selection.selected)));
  };
  const valueOf = (code) => board.grid(code)?.[measure];
  selection.addEventListener("select", paint);
  board.addEventListener("change", paint);
  place.replaceChildren(make("div", { class: "choice", role: "group", "aria-label": gettext("What is counted") }, ...choices), picture);
  choose(measure);
}

function drawing(values, band, selected) {
  const { from, step, counts } = barsOf(values, band);
  const across = (value) => ((value - from) / (step * counts.length)) * WIDE;
  const most = Math.max(...counts);
  // one grid far off must be seen beside a hundred that are not
  const up = (count) => count && Math.max((count / most) * (HIGH - FOOT - HEAD), LEAST);
  const bars = counts.map((count, at) => {
    const low = from + at * step;
    const inside = !band || (low + step > band.low && low <= band.high);
    const marked = selected !== undefined && selected >= low && selected < low + step;
    const words = ngettext("%(num)s grid of %(from)s to %(to)s", "%(num)s grids of %(from)s to %(to)s", count, {
      from: number(low), to: number(low + step - 1),
    });
    const top = HIGH - FOOT - up(count);
    const bar = draw("rect", {
      class: `bar${inside ? "" : " out"}${marked ? " selected" : ""}`,
      x: across(low) + 1, width: Math.max(WIDE / counts.length - 2, 1), y: top, height: up(count),
    }, draw("title", {}, words));
    return count && counts.length <= MANY
      ? [bar, draw("text", { x: across(low + step / 2), y: top - 3, "text-anchor": "middle" }, number(count))]
      : [bar];
  });
  const limits = band ? [band.low, band.high] : [];
  const kept = band ? values.filter((value) => value >= band.low && value <= band.high).length : values.length;
  return draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": summary(values, band, kept) },
    ...(band ? [draw("rect", { class: "band", x: across(band.low), width: across(band.high) - across(band.low), y: HEAD, height: HIGH - FOOT - HEAD })] : []),
    ...bars.flat(),
    draw("line", { class: "axis", x1: 0, x2: WIDE, y1: HIGH - FOOT, y2: HIGH - FOOT }),
    ...limits.flatMap((limit) => [
      draw("line", { class: "limit", x1: across(limit), x2: across(limit), y1: HEAD - 4, y2: HIGH - FOOT + 4 }),
      draw("text", { class: "limit", x: across(limit), y: HIGH - 3, "text-anchor": anchorOf(across(limit)) }, number(limit)),
    ]));
}

/** Numbers at the edge of the picture must not stick out of it. */
const anchorOf = (x) => (x < 20 ? "start" : x > WIDE - 20 ? "end" : "middle");

function summary(values, band, kept) {
  const told = { least: number(Math.min(...values)), most: number(Math.max(...values)), kept: number(kept), grids: number(values.length) };
  return band
    ? gettext("From %(least)s to %(most)s; %(kept)s of %(grids)s grids within the band", told)
    : gettext("From %(least)s to %(most)s", told);
}
