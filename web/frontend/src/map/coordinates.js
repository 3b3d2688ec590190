/** Coordinates on demand: of the pointer, else of the map's middle, in the datum that is asked for. */
import L from "leaflet";
import { make } from "../dom.js";
import { decimal, gettext } from "../words.js";
import { button } from "./controls.js";
import { DATUMS, toDatum } from "./datum.js";

export function coordinatesControl() {
  const control = L.control({ position: "bottomleft" });
  control.onAdd = (map) => {
    let datum = "wgs84";
    let at = null;
    const text = make("output", { class: "map-at" });
    const write = () => {
      const { lat, lng } = toDatum(at ?? map.getCenter(), datum);
      text.textContent = `${decimal(lat, 5)}, ${decimal(lng, 5)}`;
    };
    const change = make("button", {
      type: "button", class: "map-datum", title: gettext("Show them in the other datum"), onclick: () => {
        datum = datum === "wgs84" ? "gcj02" : "wgs84";
        change.textContent = DATUMS[datum];
        write();
      },
    }, DATUMS[datum]);
    const shown = make("span", { class: "map-where", hidden: true }, text, change);
    const follow = ({ latlng }) => {
      at = latlng;
      write();
    };
    const leave = () => {
      at = null;
      write();
    };
    const toggle = button("target", gettext("Coordinates"), () => {
      shown.hidden = !shown.hidden;
      toggle.setAttribute("aria-expanded", String(!shown.hidden));
      const turn = shown.hidden ? "off" : "on";
      map[turn]("mousemove", follow)[turn]("mouseout", leave)[turn]("move", write);
      write();
    });
    toggle.setAttribute("aria-expanded", "false");
    const box = make("div", { class: "map-coordinates" }, toggle, shown);
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  return control;
}
