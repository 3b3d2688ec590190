/** A divider over the map: the plan before to its left, the plan after to its right; dragged, or moved by arrow keys. */
import L from "leaflet";
import { make } from "../dom.js";
import { gettext } from "../words.js";

/** The handle's width, pixels; as in the style sheet. */
const HANDLE = 40;

export class Swipe {
  /**
   * @param {import("../map/index.js").GridMap} map
   * @param {Record<"before" | "after", import("./sides.js").Side>} sides
   * @param {{before: {name: string}, after: {name: string}}} told
   */
  constructor({ leaflet }, sides, told) {
    Object.assign(this, { leaflet, sides });
    this.range = make("input", { type: "range", min: 0, max: 100, step: 1, value: 50, "aria-label": gettext("Where the two maps meet") });
    this.line = make("div", { class: "swipe-line" });
    this.names = {
      before: make("span", { class: "swipe-name before" }, `◀ ${told.before.name}`),
      after: make("span", { class: "swipe-name after" }, `${told.after.name} ▶`),
    };
    this.box = make("div", { class: "swipe", hidden: true }, this.line, this.names.before, this.names.after, this.range,
      make("span", { class: "swipe-grip", "aria-hidden": "true" }, "‹ ›"));
    L.DomEvent.disableClickPropagation(this.box);
    // its arrow keys are not the map's
    this.box.onkeydown = (event) => event.stopPropagation();
    leaflet.getContainer().append(this.box);
    this.range.oninput = () => this.place();
    leaflet.on("move zoomend viewreset resize", () => this.place());
    new ResizeObserver(() => this.place()).observe(this.box);
  }

  /** @param {boolean} on */
  show(on) {
    this.box.hidden = !on;
    this.place();
  }

  place() {
    if (this.box.hidden) {
      for (const side of Object.values(this.sides)) side.pane.style.clipPath = "";
      return;
    }
    const share = Number(this.range.value) / 100;
    const x = HANDLE / 2 + share * (this.box.clientWidth - HANDLE);
    this.box.style.setProperty("--at", `${x}px`);
    this.range.setAttribute("aria-valuetext", gettext("%(share)s%% of the map show the plan before", { share: this.range.value }));
    const size = this.leaflet.getSize();
    const corner = this.leaflet.containerPointToLayerPoint([0, 0]);
    cut(this.sides.before.pane, corner.x, corner.x + x, corner.y, corner.y + size.y);
    cut(this.sides.after.pane, corner.x + x, corner.x + size.x, corner.y, corner.y + size.y);
  }
}

function cut(pane, left, right, top, bottom) {
  pane.style.clipPath = `polygon(${left}px ${top}px, ${right}px ${top}px, ${right}px ${bottom}px, ${left}px ${bottom}px)`;
}
