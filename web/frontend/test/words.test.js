/** Texts of the page's catalogue, and of the sources where it has none. */
import assert from "node:assert/strict";
import test from "node:test";

const told = {
  language: "zh",
  tag: "zh-Hans",
  timezone: "Asia/Shanghai",
  messages: { Grids: "网格", "%(num)s grid": ["%(num)s 个网格"], "%(name)s: 50%%": "%(name)s：50%%" },
};
globalThis.document = { getElementById: () => ({ textContent: JSON.stringify(told) }) };
const { day, gettext, ngettext, number, percent, pick, signed } = await import("../src/words.js");

test("texts come from the catalogue, with their values", () => {
  assert.equal(gettext("Grids"), "网格");
  assert.equal(gettext("%(name)s: 50%%", { name: "甲" }), "甲：50%");
  assert.equal(ngettext("%(num)s grid", "%(num)s grids", 1234), "1,234 个网格");
});

test("what the catalogue lacks is said in English", () => {
  assert.equal(gettext("No such %(what)s", { what: "text" }), "No such text");
  assert.equal(ngettext("%(num)s unit", "%(num)s units", 1), "1 unit");
  assert.equal(ngettext("%(num)s unit", "%(num)s units", 2), "2 units");
});

test("a value stays as it is, whatever it looks like", () => {
  assert.equal(gettext("%(a)s", { a: "%(b)s", b: "x" }), "%(b)s");
});

test("numbers and days are written as people there write them", () => {
  assert.deepEqual([number(12_345.4), signed(12), signed(0), percent(0.125)], ["12,345", "+12", "0", "12.5%"]);
  assert.equal(day("2026-11-22T20:00:00Z"), "2026年11月23日");
  assert.equal(day("2026-11-22"), "2026年11月22日");
  assert.equal(pick("甲", "A"), "甲");
  assert.equal(pick("", "A"), "A");
});

test("a day without an hour is that day, also in an office west of Greenwich", async () => {
  told.timezone = "America/New_York";
  const west = await import("../src/words.js?west");
  assert.equal(west.day("2026-11-22"), "2026年11月22日");
  assert.equal(west.day("2026-11-22T02:00:00Z"), "2026年11月21日");
});
