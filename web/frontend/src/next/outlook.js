/** How a plan stands under new counts: what is new, which grids are outside, and the way on. */
import { draw, make } from "../dom.js";
import { loadFeatures } from "../bench/api.js";
import { faultOf, send } from "../flow/service.js";
import { smallMap } from "../flow/small.js";
import { gettext, ngettext, number, percent, pick, signed } from "../words.js";
import { showRequest } from "./request.js";

const get = (id) => document.getElementById(id);

/** @param {any} told what the page says */
export async function startOutlook(told) {
  const form = get("propose");
  let turn = 0;
  const look = async (options) => {
    turn += 1;
    const mine = turn;
    get("outlook").setAttribute("aria-busy", "true");
    if (!get("found").childElementCount) get("found").replaceChildren(make("p", {}, gettext("Counts every grid anew …")));
    let parts;
    let found = null;
    try {
      found = await send(told.urls.outlook, told.csrf, { layers_id: told.layers_id, options });
      parts = await partsOf(found, told);
    } catch (error) {
      parts = [faultOf(error)];
    }
    if (mine !== turn) return;
    get("outlook").removeAttribute("aria-busy");
    get("found").replaceChildren(...parts);
    form.querySelector(".advice")?.replaceChildren(found ? adviceOf(found) : "");
    form.hidden = false;
    form.querySelector(".first").disabled = !found;
  };
  const options = showRequest(form, told, look);
  await look(options());
}

function adviceOf({ holds }) {
  return holds
    ? gettext("Nothing has to move. You can still ask for a more even plan.")
    : gettext("Looks for the fewest households that have to change their grid, until every grid is in its band again.");
}

async function partsOf(found, told) {
  const outside = found.grids.filter(({ breaks }) => breaks.length);
  const fresh = outside.filter((grid) => !grid.was_outside);
  const parts = [verdictOf(found, fresh, outside)];
  const features = await loadFeatures(told.urls.grids);
  const marked = new Set(outside.map(({ code }) => code));
  const map = smallMap(features, ({ code }) => (marked.has(code) ? "outside" : "inside"));
  map.prepend(hatch());
  parts.push(make("div", { class: "looked" },
    make("div", {}, changesOf(found), outside.length ? tableOf(outside) : null),
    make("figure", { class: "picture" }, map,
      make("figcaption", { class: "quiet" }, outside.length ? gettext("Hatched: outside its band") : gettext("Every grid is in its band")))));
  if (found.holds && told.same) parts.push(make("p", { class: "quiet" }, gettext("These are the layers that the plan was made of.")));
  return parts;
}

/** Colour is never the only sign. */
function hatch() {
  return draw("defs", {}, draw("pattern", { id: "hatch", width: 28, height: 28, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    draw("rect", { class: "hatch-ground", width: 28, height: 28 }), draw("line", { class: "hatch-line", x1: 0, y1: 0, x2: 0, y2: 28 })));
}

function verdictOf({ holds, nowhere, grids }, fresh, outside) {
  if (holds) {
    const rest = outside.length && ngettext("%(num)s grid is outside as it was before; nothing new has come.", "%(num)s grids are outside as they were before; nothing new has come.", outside.length);
    return make("p", { class: "note good" }, "✓ ", gettext("The plan still holds: nothing to do."), " ", rest || null);
  }
  const said = fresh.length && ngettext("%(num)s of %(grids)s grids has left its band.", "%(num)s of %(grids)s grids have left their bands.", fresh.length, { grids: number(grids.length) });
  const ground = nowhere && ngettext("%(num)s building stands where there is no grid yet.", "%(num)s buildings stand where there is no grid yet.", nowhere);
  return make("p", { class: "note once" }, "! ", [said, ground].filter(Boolean).join(" "));
}

function changesOf({ households, population, buildings }) {
  const row = (name, [before, now]) => [make("dt", {}, name), make("dd", {}, gettext("%(before)s → %(after)s", { before: number(before), after: number(now) }),
    " ", make("span", { class: "quiet" }, now === before ? gettext("as before") : `${signed(now - before)} (${percent((now - before) / (before || 1))})`))];
  return make("dl", { class: "changes" },
    ...row(gettext("Households"), households), ...row(gettext("Population"), population),
    make("dt", {}, gettext("Buildings")), make("dd", {}, gettext("%(before)s → %(after)s", { before: number(buildings.before), after: number(buildings.now) }), " ",
      make("span", { class: "quiet" }, gettext("%(new)s new, %(gone)s gone", { new: number(buildings.new), gone: number(buildings.gone) }))));
}

function tableOf(outside) {
  const heads = [gettext("Grid"), gettext("Before"), gettext("Now"), gettext("Outside its band")];
  return make("table", { class: "outside-table" },
    make("thead", {}, make("tr", {}, ...heads.map((name) => make("th", {}, name)))),
    make("tbody", {}, ...outside.map(rowOf)));
}

function rowOf({ code, name, name_en: english, households, population, breaks, was_outside: before }) {
  const both = breaks.every(({ rule }) => rule === "population") ? population : households;
  return make("tr", {},
    make("td", {}, make("strong", {}, code), " ", make("span", { class: "quiet" }, pick(name, english))),
    make("td", { "data-name": gettext("Before") }, number(both[0])),
    make("td", { "data-name": gettext("Now") }, number(both[1]), " ", make("span", { class: "quiet" }, signed(both[1] - both[0]))),
    make("td", { "data-name": gettext("Outside its band") }, ...breaks.map((one) => make("span", { class: "bound" }, boundOf(one))), before ? make("span", { class: "state" }, gettext("was so before")) : null));
}

/** What a grid is outside of; of several housing types in shares of a grid. */
function boundOf({ rule, share, low, high, value }) {
  const over = high !== null && value > high;
  if (share) return over ? gettext("%(share)s of what a grid may have", { share: percent(value) }) : gettext("%(share)s of what a grid must have", { share: percent(value) });
  const values = { value: number(value), bound: number(over ? high : low) };
  if (rule === "population") return over ? gettext("%(value)s people, at most %(bound)s", values) : gettext("%(value)s people, at least %(bound)s", values);
  return over ? gettext("%(value)s households, at most %(bound)s", values) : gettext("%(value)s households, at least %(bound)s", values);
}
