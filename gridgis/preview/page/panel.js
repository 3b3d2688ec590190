/** The panel: verdict, figures, the table of grids, why bands are broken, what boundaries run along. */
const COLUMNS = [
  ["short", "code"], ["households", "households_long"], ["population", "population_long"], ["deviation", "deviation"],
  ["area", "hectares"], ["kept", "kept"],
];
/** With several housing types a grid's load says what its deviation says with one: how full it is. */
const columnsOf = (plan) => COLUMNS.map(([key, title]) => (key === "deviation" && plan.byLoad ? ["load", "load"] : [key, title]));

function panel(plan, state, select) {
  const { figures } = plan;
  const figure = (name, value) => el("div", {}, el("b", {}, value), el("span", {}, name));
  const fact = (name, value) => [el("dt", {}, name), el("dd", {}, value)];
  return [
    el("section", { class: `verdict ${plan.holds ? "good" : "bad"}` },
      el("h2", {}, plan.holds ? `✓ ${word("holds")}` : `✗ ${word("fails")}`), el("p", {}, pick(plan.verdict)),
      plan.faults.length ? el("ul", {}, ...plan.faults.slice(0, 4).map(faultLine)) : null,
      plan.faults.length > 4 ? later("more", word("more")(plan.faults.length - 4), false,
        () => [el("ul", {}, ...plan.faults.slice(4).map(faultLine))]) : null),
    el("section", { class: "figures" },
      figure(word("grids"), count(figures.grids)), figure(word("households_long"), count(figures.households)),
      figure(word("population_long"), count(figures.population)), figure(word("buildings"), count(figures.buildings))),
    el("dl", { class: "facts" },
      ...fact(word("ask"), pick(plan.ask) || "–"),
      ...fact(word("within"), `${figures.kept} / ${figures.grids}`),
      ...fact(word("spread"), percent(figures.spread)),
      ...(figures.visible_share === null ? [] : fact(word("visible"), percent(figures.visible_share) +
        (figures.visible_at_best === null ? "" : word("best")(percent(figures.visible_at_best)))))),
    plan.reasons.length ? later("reasons", word("reasons")(plan.reasons.length), plan.reasons.length <= 3,
      () => plan.reasons.map(reasonLine)) : null,
    plan.levels.length ? levelTable(plan) : null,
    gridTable(plan, state, select),
    el("details", { class: "lines", open: true }, el("summary", {}, word("lines")),
      el("ul", {}, ...plan.lines.map(([zh, en, km, share]) => el("li", {},
        el("span", {}, pick([zh, en])), el("meter", { min: 0, max: 1, value: share, "aria-hidden": "true" }),
        el("span", {}, `${percent(share, 1)} · ${km.toFixed(2)} ${word("km")}`))))),
    el("details", { class: "about" }, el("summary", {}, word("about")),
      el("dl", { class: "facts" },
        ...fact(word("sources"), plan.sources.join(", ") || "–"), ...fact(word("seed"), plan.seed),
        ...fact(word("fingerprint"), plan.fingerprint.slice(0, 16) || "–"),
        ...fact(word("version"), `gridgis ${plan.version}`)),
      ...plan.notes.map((note) => el("p", {}, pick(note))), el("p", {}, plan.attribution)),
  ].filter(Boolean);
}

const faultLine = (fault) => el("li", {}, pick(fault));

/** Details whose content is made when they are first opened: it may be hundreds of lines. */
function later(name, title, open, content) {
  const details = el("details", { class: name, open }, el("summary", {}, title));
  const fill = () => { if (details.open && details.childElementCount === 1) details.append(...content()); };
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

function levelTable({ levels }) {
  const reasons = levels.flatMap((level) => level.reasons);
  const head = ["level", "areas", "asked", "kept", "explained", "crossing"];
  return el("section", { class: "levels" }, el("h3", {}, word("levels")),
    el("table", {}, el("thead", {}, el("tr", {}, ...head.map((key) => el("th", { scope: "col" }, word(key))))),
      el("tbody", {}, ...levels.map((level) => el("tr", {}, el("td", {}, pick(level.name)), el("td", {}, count(level.areas)),
        el("td", {}, pick(level.ask) || "–"), el("td", {}, level.kept === null ? "–" : count(level.kept)),
        el("td", {}, level.kept === null ? "–" : count(level.explained)), el("td", { class: level.crossing ? "wrong" : "" }, level.crossing))))),
    ...reasons.slice(0, 3).map(reasonLine),
    reasons.length > 3 ? later("more", word("more")(reasons.length - 3), false, () => reasons.slice(3).map(reasonLine)) : null);
}

function gridTable(plan, state, select) {
  const body = el("tbody");
  const empty = el("p", { class: "empty", hidden: true }, word("none"));
  const fill = () => {
    const wanted = state.find.trim().toLowerCase();
    const rows = plan.grids.filter((grid) => `${grid.code} ${grid.zh} ${grid.en}`.toLowerCase().includes(wanted));
    rows.sort((a, b) => state.down * (a[state.sort] > b[state.sort] ? 1 : a[state.sort] < b[state.sort] ? -1 : a.index - b.index));
    body.replaceChildren(...rows.map((grid) => gridRow(grid, plan, state, select)));
    empty.hidden = rows.length > 0;
  };
  const sortBy = (key) => {
    state.down = state.sort === key ? -state.down : 1;
    state.sort = key;
    for (const head of heads) head.setAttribute("aria-sort", order(head.dataset.key));
    fill();
  };
  const order = (key) => (state.sort !== key ? "none" : state.down > 0 ? "ascending" : "descending");
  const heads = columnsOf(plan).map(([key, title]) => el("th", { scope: "col", "data-key": key, "aria-sort": order(key) },
    el("button", { type: "button", onclick: () => sortBy(key) }, word(title))));
  fill();
  return el("section", { class: "grids" },
    el("input", {
      type: "search", placeholder: word("find"), "aria-label": word("find"), value: state.find,
      oninput: (event) => { state.find = event.target.value; fill(); },
    }),
    el("table", { "aria-label": word("table") }, el("thead", {}, el("tr", {}, ...heads)), body), empty);
}

function gridRow(grid, plan, state, select) {
  const side = grid.deviation < 0 ? "right:50%" : "left:50%";
  return el("tr", {
    "data-grid": grid.index, class: [state.selected === grid.index && "selected", !grid.kept && "out"].filter(Boolean).join(" "),
    onclick: () => select(grid.index, true),
  },
  el("td", {}, el("button", { type: "button" }, el("i", { class: "dot", style: `background:${grid.hue}` }), grid.short),
    grid.fixed ? el("small", { class: "chip" }, word(grid.fixed)) : null),
  el("td", {}, count(grid.households)), el("td", {}, count(grid.population)),
  el("td", { class: "bar" }, el("i", { style: `${side};width:${50 * Math.min(Math.abs(grid.deviation) / 0.5, 1)}%` }), el("span", {}, plan.byLoad ? percent(grid.load) : signed(grid.deviation))),
  el("td", {}, grid.area.toFixed(1)),
  el("td", { title: grid.kept ? word("within") : word("outside") }, grid.kept ? "✓" : "✗"));
}
