/** What publishing a plan would do, in the planner's numbers. */
import { make } from "../dom.js";
import { day, gettext, ngettext, number } from "../words.js";

/** So many codes are named, the rest are counted. */
const NAMED = 8;
const NOTHING_M2 = 1;

/**
 * @param {any} told JSON of `/api/v1/plans/…/publishing`
 * @returns {HTMLElement}
 */
export function showProspect({ holds, broken, before, codes, reviewed_by: reviewer }) {
  const whole = holds.cut === 0 && holds.gap_m2 < NOTHING_M2 && holds.overlap_m2 < NOTHING_M2;
  const bands = gettext("Bands kept %(kept)s of %(grids)s", { kept: number(holds.kept), grids: number(holds.grids) });
  const lines = [
    [holds.kept + holds.explained === holds.grids, holds.explained
      ? `${bands} · ${gettext("%(count)s explained", { count: number(holds.explained) })}` : bands],
    [whole, whole ? gettext("No gap, no overlap, no building cut") : gettext("There are gaps, overlaps or cut buildings")],
    ...broken.map((grid) => [grid.explained, (grid.explained
      ? gettext("Grid %(code)s is outside its band for a reason that is known: %(households)s households, %(people)s people", valuesOf(grid))
      : gettext("Grid %(code)s is outside its band: %(households)s households, %(people)s people", valuesOf(grid)))]),
  ];
  return make("div", {},
    make("ul", { class: "marks" }, ...lines.map(([good, text]) =>
      make("li", { class: good ? "holds" : "fails" }, make("span", { "aria-hidden": "true" }, good ? "✓" : "✗"), " ", text))),
    make("p", {}, before
      ? gettext("It takes the place of “%(name)s”, in force since %(day)s; that one is kept.", { name: before.name, day: day(before.valid_from) })
      : gettext("It is the first plan that is published here.")),
    before && make("dl", {}, ...codesOf(codes)),
    reviewer && make("p", { class: "quiet" }, gettext("Approved by %(who)s.", { who: reviewer })));
}

const valuesOf = ({ code, households, population }) => ({ code, households: number(households), people: number(population) });

function codesOf({ kept, new: fresh, retired }) {
  const rows = [
    [gettext("Codes that stay"), ngettext("%(num)s grid", "%(num)s grids", kept.length)],
    [gettext("New codes"), listed(fresh)],
    [gettext("Codes given up for good"), listed(retired)],
  ];
  return rows.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]);
}

function listed(codes) {
  if (!codes.length) return gettext("none");
  const shown = codes.slice(0, NAMED).join(", ");
  const rest = codes.length - NAMED;
  return rest > 0 ? gettext("%(codes)s and %(count)s more", { codes: shown, count: number(rest) }) : shown;
}
