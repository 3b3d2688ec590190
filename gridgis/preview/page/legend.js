/** The legend, and the choice of what colour means. */
const DEVIATIONS = [[-0.25, "--dev-1"], [-0.1, "--dev-2"], [0.1, "--dev-3"], [0.25, "--dev-4"], [Infinity, "--dev-5"]];
const deviationColour = (x) => colour(DEVIATIONS.find(([limit]) => x <= limit)[1]);

function legend(plan, state, recolour, toggle) {
  const line = (kind, text) => el("li", {}, el("i", { class: `swatch ${kind}` }), text);
  const choice = (mode, text) => el("button", {
    type: "button", "aria-pressed": String(state.mode === mode), onclick: () => recolour(mode),
  }, text);
  const ramp = ["--dev-1", "--dev-2", "--dev-3", "--dev-4", "--dev-5"];
  const hues = state.mode === "grid"
    ? el("li", {}, el("i", { class: "hues" }, ...plan.hues.map((hue) => el("i", { style: `background:${hue}` }))), word("grids"))
    : el("li", { class: "ramp" },
      el("i", { class: "hues" }, ...ramp.map((name) => el("i", { style: `background:var(${name})` }))),
      el("span", { class: "ticks" }, ...["−25%", "−10%", "+10%", "+25%"].map((text) => el("span", {}, text))),
      el("span", { class: "ends" }, el("span", {}, word("below")), el("span", {}, word("above"))));
  const roads = plan.base.roads.some((road) => road.parts.length), rails = plan.base.rails.parts.length;
  const water = plan.base.water.parts.length + plan.base.streams.parts.length;
  return el("details", { class: "legend", open: state.legend, ontoggle: (event) => { state.legend = event.target.open; } },
    el("summary", {}, word("legend")),
    el("div", { class: "choice", role: "group", "aria-label": word("colourBy") },
      choice("grid", word("byGrid")), choice("deviation", word("byDeviation"))),
    el("ul", {}, hues, line("border", word("border")), line("rim", word("rim")), line("building", word("building")),
      ...plan.outlines.map(({ level }) => el("li", {}, el("label", {},
        el("input", { type: "checkbox", checked: state.levels[level], onchange: (event) => toggle(level, event.target.checked) }),
        el("i", { class: `swatch ${level}` }), word(level)))),
      plan.grids.some((grid) => grid.fixed) ? line("fixed", word("fixed")) : null,
      roads ? line("road", word("road")) : null, rails ? line("rail", word("rail")) : null,
      water ? line("water", word("water")) : null,
      plan.figures.broken ? el("li", { class: "out" }, word("out")) : null));
}
