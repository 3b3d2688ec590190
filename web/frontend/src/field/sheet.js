/** What lies under the map, a thumb away: today, what is open, buildings, who is next door, the grid itself. */
import { make } from "../dom.js";
import { decimal, day, gettext, hour, moment, number, pick } from "../words.js";
import { metres } from "./ground.js";
import { CATEGORIES, DUTIES, SIDES, buildingName, distance, nameOf } from "./names.js";

const KINDS = { report: gettext("Report"), visit: gettext("Visit"), "check-in": gettext("Check-in") };

/** Who can be called, each with their number under the thumb. */
export function peopleList(people) {
  if (!people.length) return make("p", { class: "quiet" }, gettext("Nobody serves here today."));
  return make("ul", { class: "field-list" }, ...people.map(({ name, duty, phone }) =>
    make("li", {},
      make("span", { class: "field-what" }, make("strong", {}, name), make("small", {}, DUTIES[duty] ?? duty)),
      phone
        ? make("a", { class: "button field-call", href: `tel:${phone}`, "aria-label": gettext("Call %(name)s, %(phone)s", { name, phone }) }, `☎ ${phone}`)
        : make("small", {}, gettext("no office number")))));
}

/** What was done today, and what is still to be sent. */
export function todayList({ entries, queue, onDrop, onRetry }) {
  const count = (kind) => entries.filter((one) => one.kind === kind).length + queue.filter((one) => one.kind === kind).length;
  const households = [...entries, ...queue].reduce((sum, one) => sum + Number(one.households || 0), 0);
  const facts = make("p", { class: "field-facts" },
    gettext("Today: %(reports)s reports, %(visits)s visits (%(households)s households), %(checks)s check-ins", {
      reports: count("report"), visits: count("visit"), households: number(households), checks: count("check-in"),
    }));
  const waiting = queue.map((one) =>
    make("li", { class: one.problem ? "field-refused" : "field-waiting", "data-key": one.key },
      make("span", { class: "field-what" }, make("strong", {}, `${hour(one.at)} ${KINDS[one.kind]}`),
        make("small", {}, one.problem ? gettext("not taken: %(why)s", { why: one.problem }) : gettext("waits for reception")),
        one.text && make("small", {}, one.text)),
      one.problem && make("button", { type: "button", class: "button small", onclick: () => onRetry(one) }, gettext("Try again")),
      one.problem && make("button", { type: "button", class: "button small grave", onclick: () => onDrop(one) }, gettext("Delete"))));
  const done = [...entries].reverse().map((one) =>
    make("li", {},
      make("span", { class: "field-what" }, make("strong", {}, `${hour(one.at)} ${KINDS[one.kind]}`),
        make("small", {}, [one.category && CATEGORIES[one.category], one.building, one.grid_code && gettext("grid %(code)s", { code: one.grid_code })]
          .filter(Boolean).join(" · "))),
      make("span", { class: "state good" }, gettext("sent"))));
  if (!waiting.length && !done.length) return make("div", {}, make("p", { class: "quiet" }, gettext("Nothing recorded yet today.")));
  return make("div", {}, facts, make("ul", { class: "field-list" }, ...waiting, ...done));
}

/** What is open in the grid, the nearest first; without a place the newest. */
export function incidentList(grid, me, onShow) {
  const near = grid.incidents.map((one) => ({ ...one, far: me ? metres(me.at, one.at) : null }));
  near.sort((a, b) => (me ? a.far - b.far : b.reported_at.localeCompare(a.reported_at)));
  if (!near.length) return make("p", { class: "quiet" }, gettext("Nothing is open in this grid."));
  return make("ul", { class: "field-list" }, ...near.map((one) => {
    const overdue = one.due_at && new Date(one.due_at) < new Date();
    return make("li", { "data-incident": one.code },
      make("button", { type: "button", class: "field-row", onclick: () => onShow(one) },
        make("span", { class: "field-what" }, make("strong", {}, one.title || CATEGORIES[one.category] || one.category),
          make("small", {}, `${CATEGORIES[one.category] ?? one.category} · ${moment(one.reported_at)}`)),
        one.handling === "emergency" && make("span", { class: "state emergency" }, gettext("emergency")),
        overdue && make("span", { class: "state overdue" }, gettext("overdue")),
        one.far !== null && make("span", { class: "field-far" }, distance(one.far))));
  }));
}

/** The buildings of the grid with their counts, the nearest first. */
export function buildingList(grid, me, visited, onVisit) {
  const near = grid.buildings.filter((one) => one.households || one.name).map((one) => ({ one, far: me ? metres(me.at, one.at) : 0 }));
  near.sort((a, b) => a.far - b.far || a.one.number - b.one.number);
  return make("ul", { class: "field-list" }, ...near.map(({ one, far }) =>
    make("li", {},
      make("button", { type: "button", class: "field-row", onclick: () => onVisit(one) },
        make("span", { class: "field-what" }, make("strong", {}, buildingName(one)),
          make("small", {}, gettext("%(households)s households, %(people)s people", { households: number(one.households), people: number(one.population) }))),
        visited.has(one.id) && make("span", { class: "state good" }, gettext("visited")),
        me && make("span", { class: "field-far" }, distance(far))))));
}

/** Who is next door, and who to call there. */
export const neighbourList = (grid) =>
  make("div", {}, ...grid.neighbours.map((one) =>
    make("section", { class: "field-part" }, make("h3", {}, `${one.code} ${nameOf(one) === one.code ? "" : nameOf(one)}`), peopleList(one.people))));

/** The grid itself: its figures, its four bounds, its people. */
export function gridFacts(grid) {
  const sides = Object.entries(SIDES).map(([side, word]) =>
    make("div", {}, make("dt", {}, word), make("dd", {}, pick(grid.bounds[side]?.zh, grid.bounds[side]?.en) || "–")));
  const last = grid.days.at(-1);
  return make("div", {},
    make("p", { class: "field-facts" }, gettext("%(households)s households, %(people)s people, %(buildings)s buildings, %(area)s ha", {
      households: number(grid.households), people: number(grid.population), buildings: number(grid.buildings.length),
      area: decimal(grid.area_m2 / 10_000, 1),
    })),
    make("dl", { class: "field-bounds" }, ...sides),
    make("section", { class: "field-part" }, make("h3", {}, gettext("Who serves here")), peopleList(grid.people)),
    make("p", { class: "quiet" }, gettext("Kept on this phone until %(day)s.", { day: day(`${last}T12:00:00`) })));
}
