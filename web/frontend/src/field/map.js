/** The officer's map: the own grid strong, those around it quiet, buildings with counts, what is open, and me. */
import L from "leaflet";
import { make, onScheme, token } from "../dom.js";
import { createMap } from "../map/index.js";
import { number } from "../words.js";
import { boundsOf } from "./ground.js";
import { CATEGORIES } from "./names.js";

const COUNTS_FROM = 17;
/** Half of a finger. */
const AROUND_PX = 22;

/**
 * @param {HTMLElement} element
 * @param {{grids: object[], onBuilding: (building: object) => void, onIncident: (incident: object) => void}} given
 */
export function drawField(element, { grids, onBuilding, onIncident }) {
  const [first] = grids;
  const own = boundsOf(grids.map((grid) => grid.geometry));
  const map = createMap(element, { bounds: own, tiles: first.tiles, attribution: first.attribution, remember: "field" });
  const shown = L.layerGroup().addTo(map.leaflet);
  const here = L.layerGroup().addTo(map.leaflet);
  const mark = L.layerGroup().addTo(map.leaflet);
  const counts = L.layerGroup();
  let buildings = [];

  const draw = (several) => {
    shown.clearLayers();
    counts.clearLayers();
    for (const grid of several) {
      for (const one of grid.neighbours) {
        outline(one.geometry, { color: token("--quiet"), weight: 1.5, dashArray: "5 4", fillColor: token("--map-paper"), fillOpacity: 0.45 })
          .addTo(shown);
        label(one.label, one.code, "grid-label field-around").addTo(shown);
      }
    }
    for (const grid of several) {
      L.geoJSON(grid.buildings.map(({ geometry }) => geometry), {
        pane: "grids", interactive: false,
        style: { color: token("--map-ink"), weight: 1, fillColor: token("--grid-1"), fillOpacity: 0.35 },
      }).addTo(shown);
      outline(grid.geometry, { color: token("--surface"), weight: 8, fill: false }).addTo(shown);
      outline(grid.geometry, { color: token("--accent"), weight: 4, fill: false }).addTo(shown);
      for (const building of grid.buildings) {
        if (building.households) label(building.at, number(building.households), "field-count").addTo(counts);
      }
      for (const incident of grid.incidents) incidentMark(incident, onIncident).addTo(shown);
    }
    buildings = several.flatMap((grid) => grid.buildings);
  };
  const withCounts = () => {
    if (map.leaflet.getZoom() >= COUNTS_FROM) counts.addTo(map.leaflet);
    else counts.remove();
  };
  // a finger is wider than a small building: the nearest within its reach is meant
  map.leaflet.on("click", ({ latlng }) => {
    const at = map.leaflet.latLngToContainerPoint(latlng);
    const near = buildings
      .map((building) => ({ building, far: at.distanceTo(map.leaflet.latLngToContainerPoint(flip(building.at))) }))
      .sort((a, b) => a.far - b.far)[0];
    if (near && near.far <= AROUND_PX && map.leaflet.getZoom() >= COUNTS_FROM - 1) onBuilding(near.building);
  });
  map.leaflet.on("zoomend", withCounts);
  draw(grids);
  withCounts();
  let latest = grids;
  onScheme(() => draw(latest));

  return {
    ...map,
    draw(several) {
      latest = several;
      draw(several);
    },
    showGrid: (grid, options) => map.show(boundsOf([grid.geometry]), options),
    showMe({ at, accuracy }) {
      here.clearLayers();
      L.circle(flip(at), { radius: accuracy, className: "place", weight: 1, fillOpacity: 0.12, interactive: false }).addTo(here);
      L.marker(flip(at), { icon: L.divIcon({ className: "field-me", iconSize: [22, 22] }), keyboard: false, interactive: false })
        .addTo(here);
    },
    /** Mark a place that was looked for, and go there. */
    point(at, text) {
      mark.clearLayers();
      L.marker(flip(at), { icon: L.divIcon({ className: "field-found", iconSize: [18, 18] }), keyboard: false }).addTo(mark);
      label(at, text, "grid-label field-name").addTo(mark);
      this.goTo(at);
    },
    goTo: (at) => map.show([flip(at), flip(at)], { maxZoom: 18 }),
    middle() {
      const { lng, lat } = map.leaflet.getCenter();
      return [lng, lat];
    },
  };
}

const flip = ([lon, lat]) => [lat, lon];

const outline = (geometry, style) => L.geoJSON(geometry, { pane: "borders", interactive: false, style });

function label(at, text, name) {
  const icon = L.divIcon({ className: "field-label", html: make("span", { class: name }, text), iconSize: [0, 0] });
  return L.marker(flip(at), { icon, pane: "labels", interactive: false, keyboard: false });
}

function incidentMark(incident, onIncident) {
  const overdue = incident.due_at && new Date(incident.due_at) < new Date();
  const kind = incident.handling === "emergency" ? "emergency" : "general";
  const icon = L.divIcon({ className: `field-incident ${kind}${overdue ? " overdue" : ""}`, iconSize: [28, 28] });
  const title = incident.title || CATEGORIES[incident.category] || incident.category;
  return L.marker(flip(incident.at), { icon, title, alt: title }).on("click", () => onIncident(incident));
}

