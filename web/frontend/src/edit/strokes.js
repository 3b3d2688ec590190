/** What a hand draws on the map: strokes of a brush, boxes, lassos and lines, each a gesture from press to release. */
import L from "leaflet";

/** Half the width of the brush, pixels. */
const BRUSH = 9;

/**
 * @typedef {object} Gesture
 * @property {(point: [number, number], event: PointerEvent) => void} begin the point in the mesh's numbers
 * @property {(point: [number, number]) => void} go
 * @property {() => void} end
 */

export class Strokes {
  /**
   * @param {import("./canvas.js").Drawing} drawing
   * @param {import("./mesh.js").UnitFinder} finder
   */
  constructor(drawing, finder) {
    Object.assign(this, { drawing, finder });
    this.map = drawing.map.leaflet;
    this.shape = L.polyline([], { pane: "tools", className: "stroke", weight: 2, dashArray: "5 4", interactive: false });
    /** @type {Gesture | null} */
    this.gesture = null;
    const element = this.map.getContainer();
    element.addEventListener("pointerdown", (event) => this.press(event), true);
    element.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => this.release());
  }

  /** Let presses on the map draw with a gesture; null: the map moves again. */
  use(gesture) {
    this.release();
    this.gesture = gesture;
    this.map.dragging[gesture ? "disable" : "enable"]();
    this.map.getContainer().classList.toggle("drawing", Boolean(gesture));
  }

  press(event) {
    if (!this.gesture || event.button !== 0 || event.target.closest(".leaflet-control")) return;
    // the middle button and space still move the map
    event.preventDefault();
    this.pressed = true;
    this.last = this.at(event);
    this.gesture.begin(this.last, event);
  }

  drag(event) {
    if (!this.pressed) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const one of steps.length ? steps : [event]) {
      const point = this.at(one);
      this.gesture.go(point);
      this.last = point;
    }
  }

  release() {
    if (!this.pressed) return;
    this.pressed = false;
    this.gesture.end();
  }

  at(event) {
    const box = this.map.getContainer().getBoundingClientRect();
    return this.drawing.inMesh(this.map.containerPointToLatLng([event.clientX - box.left, event.clientY - box.top]));
  }

  /** Units under the brush between two points. */
  brushed(from, to) {
    const radius = this.drawing.pixels(BRUSH);
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / radius));
    const found = new Set();
    for (let i = 0; i <= steps; i += 1) {
      const share = i / steps;
      const [x, y] = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
      for (const unit of this.finder.near(x, y, radius)) found.add(unit);
    }
    return found;
  }

  /** Show the line drawn so far. */
  show(points) {
    const { corner, step } = this.drawing.draft.mesh;
    const places = points.map(([x, y]) => L.CRS.EPSG3857.unproject(L.point(corner[0] + x * step, corner[1] + y * step)));
    this.shape.setLatLngs(places).addTo(this.map);
  }

  hide() {
    this.shape.remove();
  }

  /** A gesture that takes units under a brush, telling after every move which. */
  brush({ start, move, end }) {
    let units;
    return {
      begin: (point, event) => {
        units = new Set();
        start(this.finder.at(...point), event);
        this.brushed(point, point).forEach((unit) => units.add(unit));
        move([...units]);
      },
      go: (point) => {
        const before = units.size;
        this.brushed(this.last, point).forEach((unit) => units.add(unit));
        if (units.size > before) move([...units]);
      },
      end: () => end([...units]),
    };
  }

  /** A gesture that takes the units whose middle lies in a box. */
  box({ start, move, end }) {
    let corner;
    let units = [];
    return {
      begin: (point) => {
        start(this.finder.at(...point));
        corner = point;
        units = [];
      },
      go: ([x, y]) => {
        const [west, east] = [Math.min(x, corner[0]), Math.max(x, corner[0])];
        const [south, north] = [Math.min(y, corner[1]), Math.max(y, corner[1])];
        this.show([[west, south], [east, south], [east, north], [west, north], [west, south]]);
        units = this.finder.within(west, south, east, north, () => true);
        move(units);
      },
      end: () => {
        this.hide();
        end(units);
      },
    };
  }

  /** A gesture that takes the units whose middle lies in a loop. */
  lasso({ start, move, end }) {
    let loop = [];
    let units = [];
    return {
      begin: (point) => {
        start(this.finder.at(...point));
        loop = [point];
        units = [];
      },
      go: (point) => {
        loop.push(point);
        this.show([...loop, loop[0]]);
        const [xs, ys] = [loop.map(([x]) => x), loop.map(([, y]) => y)];
        units = this.finder.within(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (x, y) => inLoop(loop, x, y));
        move(units);
      },
      end: () => {
        this.hide();
        end(units);
      },
    };
  }

  /** A gesture that draws a line; `end` gets its points as longitude and latitude. */
  line({ end }) {
    let points = [];
    return {
      begin: (point) => {
        points = [point];
      },
      go: (point) => {
        points.push(point);
        this.show(points);
      },
      end: () => {
        const drawn = this.shape.getLatLngs().map(({ lng, lat }) => [lng, lat]);
        this.hide();
        if (points.length > 1) end(drawn);
      },
    };
  }
}

function inLoop(loop, x, y) {
  let inside = false;
  for (let i = 0, before = loop.at(-1); i < loop.length; before = loop[i], i += 1) {
    const [ax, ay, bx, by] = [...before, ...loop[i]];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}
