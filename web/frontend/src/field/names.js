/** What this page calls things. */
import { gettext, pick } from "../words.js";

export const CATEGORIES = {
  sanitation: gettext("Sanitation"),
  facilities: gettext("Facilities and roads"),
  "fire safety": gettext("Building and fire safety"),
  "work safety": gettext("Work safety"),
  "public order": gettext("Public order"),
  disputes: gettext("Disputes"),
  utilities: gettext("Water, power, gas, heating"),
  environment: gettext("Environment and greenery"),
  help: gettext("Help for residents"),
  other: gettext("Other"),
};

export const DUTIES = {
  leader: gettext("Grid leader"),
  officer: gettext("Grid officer"),
  information: gettext("Information officer"),
  police: gettext("Police officer"),
  volunteer: gettext("Volunteer"),
  steward: gettext("Building steward"),
  supervisor: gettext("Supervisor"),
};

export const SIDES = { east: gettext("East"), south: gettext("South"), west: gettext("West"), north: gettext("North") };

export const nameOf = (grid) => pick(grid.name, grid.name_en) || grid.code;

export const buildingName = (building) =>
  building.name || gettext("Building %(number)s", { number: building.number });

/** Metres, as people say them. */
export const distance = (metres) =>
  metres < 995
    ? gettext("%(count)s m", { count: Math.round(metres / (metres < 100 ? 1 : 10)) * (metres < 100 ? 1 : 10) })
    : gettext("%(count)s km", { count: (metres / 1000).toFixed(1) });
