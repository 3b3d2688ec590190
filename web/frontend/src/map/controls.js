/** Buttons on the map, and the choice of what is under the grids. */
import L from "leaflet";
import { draw, make } from "../dom.js";
import { gettext } from "../words.js";

/** Where the page says that `static/icons.svg` is. */
const icons = () => document.documentElement.dataset.icons;

/** @param {string} name a symbol of `static/icons.svg` */
export function icon(name) {
  return draw("svg", { class: "icon", "aria-hidden": "true" }, draw("use", { href: `${icons()}#${name}` }));
}

/**
 * @param {string} name of its icon
 * @param {string} label
 * @param {() => void} onclick
 */
export function button(name, label, onclick) {
  return make("button", { type: "button", class: "map-button", title: label, "aria-label": label, onclick }, icon(name));
}

/**
 * What is under the grids; remembered by this browser.
 *
 * @param {L.GridLayer} base
 * @param {L.Layer | null} background
 * @param {string} [backgroundName]
 * @param {string} [remember] under which name
 */
export function layersControl(base, background, backgroundName = "", remember = "map") {
  const key = `${remember}.layers`;
  const shown = { base: true, buildings: true, background: false, ...JSON.parse(localStorage.getItem(key) ?? "{}") };
  const control = L.control({ position: "bottomleft" });
  control.onAdd = (map) => {
    const apply = (name, on) => {
      shown[name] = on;
      if (name !== "background") base.show(name, on);
      else if (on) background.addTo(map);
      else background.remove();
    };
    const choice = (name, label) =>
      make("label", {}, make("input", {
        type: "checkbox", checked: shown[name], onchange: (event) => {
          apply(name, event.target.checked);
          localStorage.setItem(key, JSON.stringify(shown));
        },
      }), label);
    const box = make("details", { class: "map-layers" },
      make("summary", { title: gettext("Layers") }, icon("layers"), make("span", {}, gettext("Layers"))),
      choice("base", gettext("Base map of the layers")),
      choice("buildings", gettext("Buildings")),
      background && choice("background", backgroundName || gettext("Background tiles")));
    for (const name of Object.keys(shown)) if (name !== "background" || background) apply(name, shown[name]);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  return control;
}
