/** Join the parts: the map, the panel beside it, the language. */
function showPlan(map, plan) {
  const { columns, rows, shapes, borders, rim } = plan.grids;
  const rings = asLatLngs(shapes);
  plan.grids = rows.map((row, index) => {
    const grid = Object.fromEntries(columns.map((name, i) => [name, row[i]]));
    return { ...grid, index, label: [grid.label[1], grid.label[0]], hue: plan.hues[grid.colour], rings: rings[index] };
  });
  const state = {
    mode: "grid", legend: window.innerWidth > 720, selected: -1, find: "", sort: "short", down: 1,
    levels: Object.fromEntries(plan.outlines.map(({ level }) => [level, true])),
  };
  tongue.now = plan.language;
  const whole = L.latLngBounds([plan.bounds.slice(0, 2), plan.bounds.slice(2)]);
  const get = (id) => document.getElementById(id);

  map.createPane("base").style.zIndex = 350;
  map.createPane("borders").style.zIndex = 430;
  map.createPane("labels").style.zIndex = 450;
  map.getPane("base").style.pointerEvents = map.getPane("borders").style.pointerEvents = map.getPane("labels").style.pointerEvents = "none";
  const base = new BaseMap(plan).addTo(map);
  const areas = plan.grids.map((grid) => L.polygon(grid.rings, { stroke: false, smoothFactor: 0.5 })
    .on("click", (event) => { L.DomEvent.stop(event); select(grid.index, false, event.latlng); }).addTo(map));
  const over = L.canvas({ pane: "borders", padding: 0.3 });
  const stroke = (lines, color, weight, opacity = 1) => L.polyline(lines, {
    pane: "borders", renderer: over, interactive: false, smoothFactor: 0.5, color, weight, opacity,
  }).addTo(map);
  const inner = asLatLngs(borders).flat(), outer = asLatLngs(rim).flat();
  const casings = [stroke(inner, "", 4, 0.85), stroke(outer, "", 6, 0.9)];
  const lines = [stroke(inner, "", 1.5), stroke(outer, "", 3)];
  const labels = new GridLabels(plan.grids, base.metres).addTo(map);
  const fixed = stroke(plan.grids.filter((grid) => grid.fixed).flatMap((grid) => grid.rings.map((ring) => [...ring, ring[0]])), "", 2.5);
  fixed.setStyle({ dashArray: "2 6" });
  const outlines = [...plan.outlines].reverse().map((outline) => {
    const drawn = asLatLngs(outline).flat(), sector = outline.level === "sector";
    return {
      level: outline.level,
      casing: stroke(drawn, "", sector ? 6 : 8, 0.85), line: stroke(drawn, "", sector ? 3 : 4.5),
      names: new AreaNames(outline, labels),
    };
  });
  for (const { line, level } of outlines) if (level === "sector") line.setStyle({ dashArray: "9 6" });
  const placeNames = () => [...outlines].reverse().forEach(({ names }) => names.place());
  labels.on("placed", placeNames);
  const showLevels = () => {
    for (const { level, casing, line, names } of outlines) {
      for (const part of [casing, line, names]) {
        part.remove();
        if (state.levels[level]) part.addTo(map);
      }
    }
    chosen.bringToFront();
    labels.place();
  };
  const chosen = stroke([], "", 4);
  const side = Math.sqrt(plan.figures.area_m2 / plan.grids.length);
  map.attributionControl.setPrefix("Leaflet · gridgis");
  if (plan.attribution) map.attributionControl.addAttribution(el("span", {}, plan.attribution).innerHTML);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  const dock = (position, attributes) => {
    const control = L.control({ position });
    control.onAdd = () => el("div", attributes);
    control.addTo(map);
    L.DomEvent.disableClickPropagation(control.getContainer());
    L.DomEvent.disableScrollPropagation(control.getContainer());
    return control;
  };
  const legendBox = dock("topleft", {});
  const cardBox = dock("topright", { class: "card-box", hidden: true, "aria-live": "polite" });

  /** Mark a grid on the map and in the table and say what it is; -1 takes the mark away. */
  function select(index, zoom, latlng) {
    state.selected = index;
    paint();
    for (const row of document.querySelectorAll("tr[data-grid]")) row.classList.toggle("selected", +row.dataset.grid === index);
    const box = cardBox.getContainer();
    box.hidden = index < 0;
    if (index < 0) return;
    const building = latlng && map.getZoom() >= 16 ? base.buildingAt(latlng) : -1;
    const close = el("button", { type: "button", class: "close", "aria-label": word("close"), onclick: () => select(-1) }, "×");
    box.replaceChildren(close, gridCard(plan.grids[index], plan, building));
    if (!zoom) {
      document.querySelector(`tr[data-grid="${index}"]`)?.scrollIntoView({ block: "nearest" });
      return;
    }
    const below = window.innerWidth <= 720;
    map.fitBounds(areas[index].getBounds(), {
      maxZoom: 18, paddingTopLeft: [40, 40], paddingBottomRight: below ? [40, box.offsetHeight + 20] : [box.offsetWidth + 40, 40],
    });
  }

  function paint() {
    const ink = colour("--ink-map"), casing = colour("--casing");
    areas.forEach((area, i) => area.setStyle({
      fillColor: state.mode === "grid" ? plan.grids[i].hue : deviationColour(plan.grids[i].deviation),
      fillOpacity: (state.selected < 0 ? 0.27 : state.selected === i ? 0.45 : 0.13) * (state.mode === "grid" ? 1 : 2),
    }));
    for (const line of casings) line.setStyle({ color: casing });
    for (const line of lines) line.setStyle({ color: ink });
    for (const { level, casing: around, line } of outlines) {
      around.setStyle({ color: casing });
      line.setStyle({ color: colour(`--${level}`) });
    }
    fixed.setStyle({ color: ink });
    chosen.setStyle({ color: colour("--accent") }).setLatLngs(state.selected < 0 ? [] : areas[state.selected].getLatLngs().map((ring) => [...ring, ring[0]]));
  }

  /** Fit the jurisdiction into the map, beside the legend where that costs nothing. */
  function showWhole(options = {}) {
    const edge = 12, beside = legendBox.getContainer().offsetWidth + 2 * edge;
    const zoom = (left) => map.getBoundsZoom(whole, false, L.point(left + edge, 2 * edge));
    const left = zoom(beside) === zoom(edge) ? beside : edge;
    map.fitBounds(whole, { paddingTopLeft: [left, edge], paddingBottomRight: [edge, edge], ...options });
  }

  /** Thin lines where grids are small on the screen. */
  function weigh() {
    const pixels = side * 256 * 2 ** map.getZoom() / base.metres;
    const weight = Math.min(Math.max(pixels / 60, 0.5), 1.2);
    [4, 6].forEach((width, i) => casings[i].setStyle({ weight: width * weight }));
    [1.5, 3].forEach((width, i) => lines[i].setStyle({ weight: width * weight }));
    for (const { level, casing, line } of outlines) {
      line.setStyle({ weight: (level === "sector" ? 3 : 4.5) * weight });
      casing.setStyle({ weight: (level === "sector" ? 6 : 8) * weight });
    }
  }

  /** Write everything that has words. */
  function write() {
    document.documentElement.lang = tongue.now === "zh" ? "zh-CN" : "en";
    const title = [plan.name, word("subtitle")].filter(Boolean).join(" · ");
    document.title = title;
    get("title").textContent = title;
    const mark = get("verdict");
    mark.textContent = plan.holds ? `✓ ${word("holds")}` : `✗ ${word("fails")}`;
    mark.className = plan.holds ? "good" : "bad";
    get("language").textContent = word("switchTo");
    get("whole").textContent = word("whole");
    get("fold").textContent = document.body.classList.contains("folded") ? word("unfold") : word("fold");
    get("panel").replaceChildren(...panel(plan, state, select));
    drawLegend();
    labels.place();
  }

  function drawLegend() {
    legendBox.getContainer().replaceChildren(legend(plan, state, (mode) => { state.mode = mode; paint(); drawLegend(); },
      (level, on) => { state.levels[level] = on; showLevels(); }));
  }

  get("language").addEventListener("click", () => {
    tongue.now = tongue.now === "zh" ? "en" : "zh";
    write();
    if (state.selected >= 0) select(state.selected, false);
  });
  get("whole").addEventListener("click", () => { select(-1); showWhole(); });
  get("fold").addEventListener("click", () => {
    document.body.classList.toggle("folded");
    map.invalidateSize();
    write();
  });
  map.on("click", () => select(-1));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") select(-1); });
  map.on("zoomend", weigh);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { base.draw(); paint(); });
  // Folium forbids zooming the page with two fingers; people who need large letters need it.
  document.querySelector("meta[name=viewport]").content = "width=device-width, initial-scale=1";
  showLevels();
  paint();
  write();
  map.invalidateSize({ animate: false });
  showWhole({ animate: false });
  weigh();
  document.body.dataset.ready = "true";
}
