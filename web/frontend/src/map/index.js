/** The map that every page shows: base map, background tiles, scale, attribution, controls; it gives its view back. */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import "./map.css";
import { gettext } from "../words.js";
import { backgroundLayer } from "./background.js";
import { baseMap } from "./base.js";
import { coordinatesControl } from "./coordinates.js";
import { button, layersControl } from "./controls.js";

/**
 * @typedef {object} MapOptions
 * @property {[[number, number], [number, number]]} bounds south-west and north-east of what the map is about
 * @property {Record<"base" | "buildings", string>} tiles address of the service's tiles, by layer
 * @property {string} [attribution] of the layers
 * @property {import("./background.js").Background | null} [background]
 * @property {boolean} [estimates] whether buildings show where their counts come from
 * @property {HTMLElement} [whole] what fills the screen with the map; left out: the map alone
 * @property {string} [remember] under which name this browser remembers the layers shown
 */

/**
 * @typedef {object} GridMap
 * @property {L.Map} leaflet
 * @property {L.GridLayer} base the base map
 * @property {() => void} showWhole move to all of it
 * @property {(bounds: L.LatLngBoundsExpression, options?: object) => void} show move to a part, clear of the panels
 * @property {(bounds: L.LatLngBounds) => boolean} seen whether a part is in view, clear of the panels
 * @property {(edges: {left?: number, right?: number, top?: number, bottom?: number}) => void} setEdges say how many
 *     pixels of the map panels cover at each side
 */

/** Panes from below; each over what is in the one before. Leaflet's own: tiles 200, overlay 400, marker 600. */
const PANES = { background: 150, grids: 410, borders: 430, tools: 440, labels: 450 };
const SILENT = ["background", "borders", "labels"];

/** Left free around what is shown, and for the controls below it; pixels. */
const AIR = 16;
const CONTROLS = 40;

/**
 * Make a map in an element.
 *
 * @param {HTMLElement} element
 * @param {MapOptions} options
 * @returns {GridMap}
 */
export function createMap(element, { bounds, tiles, attribution = "", background = null, estimates = false, whole, remember = "map" }) {
  const area = L.latLngBounds(bounds);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    preferCanvas: true,
    zoomControl: false,
    attributionControl: false,
    zoomSnap: 0.25,
    minZoom: 8,
    maxZoom: 20,
    maxBounds: area.pad(2),
    fadeAnimation: false,
    zoomAnimation: !still,
  });
  for (const [name, height] of Object.entries(PANES)) {
    const pane = map.createPane(name);
    pane.style.zIndex = String(height);
    if (SILENT.includes(name)) pane.style.pointerEvents = "none";
  }
  const edges = { left: 0, right: 0, top: 0, bottom: 0 };
  const padding = () => ({
    paddingTopLeft: [edges.left + AIR, edges.top + AIR],
    paddingBottomRight: [edges.right + AIR, edges.bottom + AIR + CONTROLS],
  });
  const made = {
    leaflet: map,
    base: baseMap(tiles, area, attribution, estimates).addTo(map),
    show: (to, options = {}) => map.fitBounds(to, { ...padding(), maxZoom: 18, animate: !still, ...options }),
    seen(part) {
      const { x, y } = map.getSize();
      const free = L.bounds([edges.left, edges.top], [x - edges.right, y - edges.bottom]);
      return [part.getSouthWest(), part.getNorthEast()].every((at) => free.contains(map.latLngToContainerPoint(at)));
    },
    showWhole: (options = {}) => made.show(area, options),
    setEdges(given) {
      Object.assign(edges, given);
      for (const [side, pixels] of Object.entries(edges)) element.style.setProperty(`--edge-${side}`, `${pixels}px`);
    },
  };
  addControls(made, element, whole ?? element, background && backgroundLayer(background), background?.name, remember);
  made.showWhole({ animate: false });
  return made;
}

function addControls(made, element, whole, background, name, remember) {
  const map = made.leaflet;
  L.control.attribution({ prefix: false, position: "bottomleft" }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 110, position: "bottomleft" }).addTo(map);
  layersControl(made.base, background, name, remember).addTo(map);
  coordinatesControl().addTo(map);
  const fullScreen = () => (document.fullscreenElement ? document.exitFullscreen() : whole.requestFullscreen());
  const locate = button("locate", gettext("Where am I?"), () => map.locate({ setView: true, maxZoom: 17 }));
  const bar = L.control({ position: "bottomright" });
  bar.onAdd = () => {
    const box = L.DomUtil.create("div", "map-bar");
    box.append(
      button("plus", gettext("Zoom in"), () => map.zoomIn()),
      button("minus", gettext("Zoom out"), () => map.zoomOut()),
      button("whole", gettext("Show all of it"), () => made.showWhole()),
      locate,
      button("screen", gettext("Full screen"), fullScreen),
      button("print", gettext("Print"), () => window.print()),
    );
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  bar.addTo(map);
  let place = null;
  map.on("locationfound", ({ latlng, accuracy }) => {
    place?.remove();
    place = L.circle(latlng, { radius: accuracy, className: "place", weight: 2, fillOpacity: 0.1 }).addTo(map);
  });
  map.on("locationerror", () => {
    locate.title = gettext("This device does not tell where it is, or you have not allowed it.");
    locate.setAttribute("aria-label", locate.title);
    locate.disabled = true;
  });
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(element);
}
