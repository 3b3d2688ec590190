/** What the grids' colours mean, and the choice of it. */
import L from "leaflet";
import { make } from "../dom.js";
import { gettext, number } from "../words.js";

const block = (name) => {
  const made = make("i");
  made.style.background = `var(${name})`;
  return made;
};

/**
 * @param {L.Map} map
 * @param {import("./colouring.js").Colouring} colouring
 */
export function addLegend(map, colouring) {
  const control = L.control({ position: "bottomleft" });
  control.onAdd = () => {
    const meaning = make("div", { class: "legend-meaning" });
    const names = { grid: gettext("By grid"), load: gettext("By load"), deviation: gettext("Off target"), housing: gettext("Housing type") };
    const buttons = colouring.modes.map((mode) =>
      make("button", { type: "button", "data-mode": mode, onclick: () => colouring.use(mode) }, names[mode]));
    const write = () => {
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.mode === colouring.mode));
      meaning.replaceChildren(...meaningOf(colouring));
    };
    colouring.addEventListener("change", write);
    write();
    const box = make("div", { class: "legend" },
      make("div", { class: "choice", role: "group", "aria-label": gettext("Colour of the grids") }, ...buttons), meaning);
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  control.addTo(map);
}

function meaningOf(colouring) {
  if (colouring.mode === "grid") return [];
  if (colouring.mode === "housing") return [types(colouring)].filter(Boolean);
  const { band, measure, mode, steps } = colouring;
  const limit = (at) => band && (at === 0 || at === 3);
  const counted = measure === "population" ? gettext("People in a grid") : gettext("Households in a grid");
  return [
    make("div", { class: "ramp" }, ...[1, 2, 3, 4, 5].map((step) => block(`--${mode}-${step}`))),
    make("div", { class: "ticks" }, ...steps.map((from, at) => make("span", { class: limit(at) ? "limit" : null }, number(from)))),
    make("p", { class: "ends" },
      band ? make("span", {}, "▼ ", gettext("too small")) : null, make("span", {}, counted), band ? make("span", {}, "▲ ", gettext("too large")) : null),
  ];
}

function types({ housing }) {
  if (!housing) return null;
  const seen = [...new Set(housing.of.values())].sort((a, b) => a - b);
  return make("ul", { class: "types" }, ...seen.map((type) => make("li", {}, block(`--grid-${type % 6}`), housing.names[type])));
}
