/** What a plan will have to break, said in the form while it is filled in, and shown on the map. */
import L from "leaflet";
import { make } from "../dom.js";
import { gettext, ngettext, number, pick } from "../words.js";
import { RequestError, send } from "./service.js";

const PAUSE_MS = 350;
const SHOWN = 4;

/**
 * @param {object} given
 * @param {HTMLElement} given.place
 * @param {string} given.url
 * @param {string} given.csrf
 * @param {number} given.layers
 * @param {import("../map/index.js").GridMap} given.map
 * @returns {(options: object) => void} ask about options; the last ones asked about are answered
 */
export function startForesight({ place, url, csrf, layers, map }) {
  let timer = 0;
  let turn = 0;
  let before = "";
  const marks = L.layerGroup().addTo(map.leaflet);
  const ask = async (options) => {
    turn += 1;
    const mine = turn;
    place.setAttribute("aria-busy", "true");
    if (!place.childElementCount) place.replaceChildren(make("p", {}, gettext("Looks whether that can be had …")));
    let parts;
    let forced = [];
    try {
      const found = await send(url, csrf, { layers_id: layers, options });
      forced = found.forced;
      parts = partsOf(found, options, map);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      parts = [make("p", { class: "note fault lines" }, error.message)];
    }
    if (mine !== turn) return;
    place.removeAttribute("aria-busy");
    place.replaceChildren(...parts);
    marks.clearLayers();
    for (const one of forced) if (one.at) marks.addLayer(markOf(one));
  };
  return (options) => {
    const now = JSON.stringify(options);
    if (now === before) return;
    before = now;
    clearTimeout(timer);
    timer = setTimeout(() => ask(options), PAUSE_MS);
  };
}

function markOf({ at: [lng, lat], reason, reason_zh: zh }) {
  const mark = L.circleMarker([lat, lng], { radius: 9, weight: 3, className: "forced", pane: "tools", renderer: L.svg({ pane: "tools" }) });
  return mark.bindTooltip(pick(zh, reason));
}

function partsOf(found, { grids }, map) {
  const { fewest, most, forced, count } = found;
  const parts = [make("p", {}, gettext("%(households)s households and %(people)s people in %(buildings)s buildings.", {
    households: number(found.households), people: number(found.population), buildings: number(found.buildings),
  }))];
  const values = { fewest: number(fewest ?? 1), most: number(most ?? found.buildings), grids: number(grids ?? 0) };
  if (fewest !== null && most !== null && fewest > most) {
    parts.push(make("p", { class: "note once" },
      gettext("! By these sums no number of grids keeps every size; widen the sizes, or let one of the two counts go.")));
  } else if (grids && (grids < (fewest ?? 1) || grids > (most ?? Infinity))) {
    parts.push(make("p", { class: "note once" }, gettext("! %(grids)s grids do not fit these sizes: %(fewest)s to %(most)s would.", values)));
  } else if (fewest !== null) {
    const said = fewest === most ? gettext("✓ That makes %(fewest)s grids.", values) : gettext("✓ That makes %(fewest)s to %(most)s grids.", values);
    parts.push(make("p", { class: "note" }, said));
  }
  if (count) {
    parts.push(make("div", { class: "note once" },
      make("strong", {}, ngettext("! Whatever the plan, %(num)s thing cannot be kept:", "! Whatever the plan, %(num)s things cannot be kept:", count)),
      make("ul", {}, ...forced.slice(0, SHOWN).map((one) => forcedLine(one, map)),
        count > SHOWN ? make("li", {}, ngettext("and %(num)s more", "and %(num)s more", count - SHOWN)) : null)));
  }
  return parts;
}

function forcedLine({ reason, reason_zh: zh, remedy, remedy_zh: remedyZh, at }, map) {
  const show = at && make("button", { type: "button", class: "link", onclick: () => map.leaflet.setView([at[1], at[0]], 18) }, gettext("Show it"));
  return make("li", {}, pick(zh, reason), " ", make("span", { class: "quiet" }, pick(remedyZh, remedy)), " ", show);
}
