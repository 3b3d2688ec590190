/** The base map: land, water, roads and buildings, drawn quietly in the browser for the view and a margin around it. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The world's width in metres, measured along a latitude. */
const worldMetres = ([south, , north]) => 40075016.686 * Math.cos((south + north) * Math.PI / 360);

const BaseMap = L.Renderer.extend({
  initialize(data) {
    L.Renderer.prototype.initialize.call(this, { pane: "base", padding: 0.25 });
    const { land, water, streams, rails, roads } = data.base;
    this.land = asPlane(land);
    this.water = asPlane(water);
    this.streams = asPlane(streams);
    this.rails = asPlane(rails);
    this.roads = roads.map((road) => ({ name: road.name, width: road.width, lines: asPlane(road) }));
    this.buildings = asPlane(data.buildings);
    this.metres = worldMetres(data.bounds);
  },

  _initContainer() {
    this._container = el("canvas");
  },

  _destroyContainer() {
    this._container.remove();
    delete this._container;
  },

  /** Leaflet calls this when the view has come to rest. */
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize(), ratio = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    Object.assign(this._container, { width: size.x * ratio, height: size.y * ratio });
    Object.assign(this._container.style, { width: `${size.x}px`, height: `${size.y}px` });
    this.draw();
  },

  draw() {
    const ctx = this._container.getContext("2d"), ratio = window.devicePixelRatio || 1;
    const { x: left, y: top } = this._map.getPixelOrigin().add(this._bounds.min), size = this._bounds.getSize();
    const zoom = this._map.getZoom(), scale = 256 * 2 ** zoom, metre = scale / this.metres;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, size.x, size.y);
    ctx.lineJoin = ctx.lineCap = "round";
    const extent = [left - 20, top - 20, left + size.x + 20, top + size.y + 20].map((v) => v / scale);
    // A path of tens of thousands of rings takes a browser minutes to fill: paint a few hundred at a time.
    const paint = (set, closed, finish) => {
      let held = 0;
      ctx.beginPath();
      for (const shape of shapesIn(set, ...extent)) {
        trace(ctx, set, shape, scale, left, top, closed);
        if (++held % 200 === 0) {
          finish();
          ctx.beginPath();
        }
      }
      finish();
    };
    const stroke = (set, width, look, dash = [], closed = false) => {
      ctx.lineWidth = width;
      ctx.strokeStyle = look;
      ctx.setLineDash(dash);
      paint(set, closed, () => ctx.stroke());
    };
    const fill = (set, look) => {
      ctx.fillStyle = look;
      paint(set, true, () => ctx.fill("evenodd"));
    };

    fill(this.land, colour("--land"));
    fill(this.water, colour("--water"));
    stroke(this.streams, Math.max(1, 4 * metre), colour("--water-line"));
    for (const { name, width, lines } of this.roads) {
      const wide = width * metre;
      if (wide < 0.5) continue;
      if (name === "path") {
        stroke(lines, Math.min(Math.max(wide, 1), 3), colour("--road-edge"));
      } else {
        stroke(lines, wide + 1.6, colour("--road-edge"));
        stroke(lines, Math.max(wide, 0.8), colour("--road"));
      }
    }
    stroke(this.rails, 2, colour("--rail"));
    stroke(this.rails, 1, colour("--land"), [4, 4]);
    if (zoom >= 12.5) {
      fill(this.buildings, colour("--building"));
      if (zoom >= 17) stroke(this.buildings, 0.8, colour("--building-edge"), [], true);
    }
  },

  /** The building under a point of the map, or -1. */
  buildingAt(latlng) {
    const point = this._map.project(latlng, 0);
    return shapeAt(this.buildings, point.x / 256, point.y / 256);
  },
});
