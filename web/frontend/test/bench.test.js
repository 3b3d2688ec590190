/** What the workbench computes before it draws. */
import assert from "node:assert/strict";
import test from "node:test";
import { barsOf, stepOf } from "../src/bench/histogram.js";
import { Board } from "../src/bench/board.js";
import { Colouring, housingOf } from "../src/bench/colouring.js";
import { readGrids } from "../src/bench/plan.js";
import { Selection } from "../src/bench/selection.js";

test("bars hold every value and both limits of the band", () => {
  for (const values of [[412], [300, 500], [1, 2, 3, 900, 12_345], [412, 412, 413]]) {
    const { from, step, counts } = barsOf(values, { low: 300, high: 500 });
    assert.equal(counts.reduce((sum, count) => sum + count, 0), values.length);
    assert.ok(from <= 300 && from + step * counts.length > 500);
    assert.ok(counts.length <= 20, `${counts.length} bars`);
  }
});

test("bars have round widths", () => {
  assert.deepEqual([3, 60, 200, 1400, 20_000].map((range) => stepOf(range, 14)), [1, 5, 20, 100, 2000]);
});

const feature = (code, households) => ({
  geometry: { type: "MultiPolygon", coordinates: [[[[7, 43], [8, 43], [8, 44], [7, 43]]]] },
  properties: { code, name: "甲", name_en: "A", households, population: 3 * households, bounds: {}, colour: 0, label_lon: 7.6, label_lat: 43.4 },
});

test("grids know how far they are from their band", () => {
  const plan = { bands: { households: { low: 300, high: 500 } }, parent_code: "MC", broken: { MC002: true, MC003: false } };
  const [within, above, below] = readGrids([feature("MC001", 440), feature("MC002", 512), feature("MC003", 290)], plan);
  assert.deepEqual([within.over, above.over, below.over], [0, 12, -10]);
  assert.deepEqual([within.kept, above.kept, below.kept], [true, false, false]);
  assert.deepEqual([above.explained, below.explained], [true, false]);
  assert.equal(within.deviation.toFixed(2), "0.10");
  assert.deepEqual([within.short, within.name], ["001", "A"]);
  assert.deepEqual(within.rings[0][1], [43, 8]);
});

test("a grid's code stays whole where it does not begin with its community's", () => {
  const read = (parent, code) => readGrids([feature(code, 400)], { bands: {}, parent_code: parent, broken: {} })[0].short;
  assert.deepEqual([read("", "007"), read("MC", "007"), read("MC", "MC-007"), read("MC", "MC")], ["007", "007", "007", "MC"]);
});

test("a selection tells of changes alone, and who made them", () => {
  const told = [];
  const selection = new Selection();
  selection.addEventListener("select", ({ detail }) => told.push(detail));
  selection.select("A", { from: "map" });
  selection.select("A", { from: "table" });
  selection.select(null);
  assert.deepEqual(told, [{ code: "A", from: "map" }, { code: null, from: "" }]);
});

test("colours of load and deviation change at both limits of the band, which are within it", () => {
  const colouring = new Colouring(new Board([], { households: { low: 300, high: 500 } }, {}), false);
  const colour = (households) => colouring.tokenOf({ code: "A", colour: 2, households, population: 0 });
  assert.equal(colour(400), "--grid-2");
  for (const mode of ["load", "deviation"]) {
    colouring.use(mode);
    assert.deepEqual([colouring.steps[0], colouring.steps[3]], [300, 500]);
    const at = [299, 300, 400, 500, 501].map((count) => Number(colour(count).at(-1)));
    assert.deepEqual([at[0], at[4]], [1, 5], mode);
    assert.ok(at[1] > 1 && at[1] <= at[2] && at[2] <= at[3] && at[3] < 5, mode);
  }
  assert.deepEqual(colouring.modes, ["grid", "load", "deviation"]);
  assert.deepEqual(new Colouring(new Board([], {}, {}), true).modes, ["grid", "load", "housing"]);
});

test("a grid is of the housing type that most of its households live in", () => {
  const mesh = { housing: [{ zh: "高层", en: "Towers", households: [90, 0, 0] }, { zh: "平房", en: "Low", households: [0, 60, 40] }] };
  const { names, of } = housingOf(mesh, ["A", "A", "B"], (zh, en) => en);
  assert.deepEqual([names[of.get("A")], names[of.get("B")]], ["Towers", "Low"]);
  assert.equal(housingOf({ housing: [] }, [], () => ""), null);
});
