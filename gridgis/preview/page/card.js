/** What the map says of a grid, and of a building, when it is clicked. */
function gridCard(grid, plan, building) {
  const facts = [
    [word("households_long"), `${count(grid.households)}`, plan.byLoad ? null : signed(grid.deviation)],
    ...(plan.byLoad ? [[word("load"), percent(grid.load)]] : []),
    [word("population_long"), count(grid.population)],
    [word("buildings"), count(grid.buildings)],
    [word("area"), `${grid.area} ${word("hectares")}`],
    [word("compactness"), grid.compactness],
  ];
  return el("div", { class: "card" },
    building >= 0 ? buildingLine(plan.buildings, building) : null,
    el("h2", {}, pick([grid.zh, grid.en]), " ", el("small", {}, grid.code)),
    el("p", { class: grid.kept ? "mark good" : "mark bad" }, grid.kept ? `✓ ${word("within")}` : `✗ ${word("outside")}`,
      grid.fixed ? ` · ${word(grid.fixed)}` : null),
    el("dl", {}, ...facts.flatMap(([name, value, more]) =>
      [el("dt", {}, name), el("dd", {}, value, more ? el("small", {}, ` ${more}`) : null)])),
    el("h3", {}, word("bounds")),
    el("p", {}, pick([grid.boundsZh, grid.boundsEn])),
    ...plan.reasons.filter((reason) => reason.grid === grid.index).map(reasonLine));
}

function buildingLine(buildings, i) {
  const how = (bit) => word(buildings.measured[i] & bit ? "measured" : "estimated");
  return el("p", { class: "building" }, el("b", {}, word("of")(buildings.id[i])), ` · `,
    `${count(buildings.households[i])} ${word("households")} (${how(1)}) · `,
    `${count(buildings.population[i])} ${word("population")} (${how(2)})`);
}

function reasonLine({ reason, remedy, proven }) {
  return el("p", { class: "reason" }, pick(reason), " ", el("i", {}, pick(remedy)),
    proven ? null : el("small", {}, ` (${word("unproven")})`));
}
