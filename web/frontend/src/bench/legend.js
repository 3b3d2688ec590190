/** What the grids' colours mean, and the choice of it. */
import L from "leaflet";
import { make } from "../dom.js";
import { gettext, percent } from "../words.js";

/** Steps of the deviation from the target, centred on it: up to which share, in which colour. */
const STEPS = [[-0.25, "--deviation-1"], [-0.1, "--deviation-2"], [0.1, "--deviation-3"], [0.25, "--deviation-4"], [Infinity, "--deviation-5"]];

/** @param {number} deviation as a share of the target */
export const deviationToken = (deviation) => STEPS.find(([most]) => deviation <= most)[1];

const block = (name) => {
  const made = make("i");
  made.style.background = `var(${name})`;
  return made;
};

/**
 * @param {L.Map} map
 * @param {import("./plan.js").Band | undefined} band of the count that the plan is balanced by
 * @param {(mode: "grid" | "deviation") => void} colourBy
 */
export function addLegend(map, band, colourBy) {
  const control = L.control({ position: "bottomleft" });
  control.onAdd = () => {
    const meaning = make("div", { class: "legend-meaning" });
    const choices = { grid: gettext("By grid"), deviation: gettext("Off target") };
    const buttons = Object.entries(choices).map(([mode, text]) =>
      make("button", { type: "button", "data-mode": mode, onclick: () => choose(mode) }, text));
    const choose = (mode) => {
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.mode === mode));
      meaning.replaceChildren(...(mode === "deviation" ? deviations(band) : []));
      colourBy(mode);
    };
    choose("grid");
    const box = make("div", { class: "legend" },
      make("div", { class: "choice", role: "group", "aria-label": gettext("Colour of the grids") }, ...buttons), meaning);
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  control.addTo(map);
}

function deviations(band) {
  const ticks = STEPS.slice(0, -1).map(([most]) => make("span", {}, `${most > 0 ? "+" : "−"}${percent(Math.abs(most))}`));
  const limit = band && (band.high - band.low) / (band.high + band.low);
  return [
    make("div", { class: "ramp" }, ...STEPS.map(([, name]) => block(name))),
    make("div", { class: "ticks" }, ...ticks),
    limit && make("p", {}, gettext("The band is from −%(limit)s to +%(limit)s.", { limit: percent(limit) })),
  ].filter(Boolean);
}
