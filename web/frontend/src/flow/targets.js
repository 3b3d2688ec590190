/** What a plan is to keep: profile or bands, how many grids, four sliders; whether it can be had is said at once. */
import { make } from "../dom.js";
import { gettext, pick } from "../words.js";
import { fieldOf } from "./field.js";
import { startForesight } from "./foresight.js";
import { RequestError, at, send } from "./service.js";
import { slider } from "./slider.js";

const OWN = "own";
/** Of weights and of effort; the third is usual. */
const STEPS = { weight: [0, 0.5, 1, 2, 4], effort: [0.25, 0.5, 1, 2, 4] };

const sliders = () => [
  ["balance", "weight", gettext("Equal load"), gettext("More: grids come closer to the same number of households.")],
  ["compactness", "weight", gettext("Compact shape"), gettext("More: rounder grids, shorter ways within them.")],
  ["lines", "weight", gettext("Good lines"), gettext("More: boundaries keep to main roads, rivers and railways.")],
  ["effort", "effort", gettext("Effort"), gettext("More: it searches longer, and finds somewhat better grids.")],
];
const amounts = () => ({
  weight: [gettext("does not count"), gettext("less"), gettext("as usual"), gettext("more"), gettext("much more")],
  effort: [gettext("a quick look"), gettext("shorter"), gettext("as usual"), gettext("longer"), gettext("much longer")],
});

/**
 * @param {HTMLFormElement} form
 * @param {any} told what the page says
 * @param {import("../map/index.js").GridMap} map
 */
export function startTargets(form, told, map) {
  const fields = fieldsOf(told);
  const fault = make("div");
  const go = make("button", { type: "submit", class: "button first" }, gettext("Generate"));
  const answer = make("div", { class: "foreseen", role: "status" });
  form.append(
    make("h2", {}, gettext("How large should grids be?")),
    fields.profile.box,
    make("div", { class: "pair" }, fields.households.box, fields.population.box),
    make("div", { class: "pair" }, fields.grids.box, fields.candidates.box),
    answer,
    make("details", {}, make("summary", {}, gettext("What counts most")), ...fields.weights.map(({ box }) => box)),
    make("details", {}, make("summary", {}, gettext("What is known of the people")), fields.size.box, fields.total.box),
    make("details", {}, make("summary", {}, gettext("Levels above and below grids")), fields.sectors.box, fields.micro.box,
      told.communities ? make("p", { class: "quiet" }, gettext("No grid crosses the edges of the communities in the layers.")) : null),
    fields.name.box,
    fault,
    make("div", { class: "row go" }, go),
  );
  const options = () => optionsOf(fields);
  fields.profile.input.onchange = () => {
    const chosen = told.profiles.find(({ name }) => name === fields.profile.input.value);
    if (chosen) for (const name of ["households", "population"]) fields[name].set(chosen[name]);
  };
  for (const name of ["households", "population"]) fields[name].box.addEventListener("input", () => { fields.profile.input.value = OWN; });
  const asked = startForesight({ place: answer, url: told.urls.foresee, csrf: told.csrf, layers: told.layers_id, map });
  form.addEventListener("input", () => asked(options()));
  form.addEventListener("change", () => asked(options()));
  form.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    const body = { jurisdiction_id: told.id, layers_id: told.layers_id, options: options(), candidates: Number(fields.candidates.input.value) };
    if (fields.name.input.value.trim()) body.name = fields.name.input.value.trim();
    try {
      const job = await send(told.urls.plans, told.csrf, body);
      location.assign(at(told.urls.run, job.id));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      fault.replaceChildren(make("p", { class: "note fault lines", role: "alert" }, error.message));
      go.disabled = false;
    }
  };
  asked(options());
}

function fieldsOf(told) {
  const [first] = told.profiles;
  const profile = fieldOf(gettext("Ready-made sizes"), make("select", {},
    ...told.profiles.map((one) => make("option", { value: one.name }, pick(one.zh, one.en))),
    make("option", { value: OWN }, gettext("sizes of your own"))));
  const count = (most) => make("input", { type: "number", min: 1, max: most, step: 1, inputmode: "numeric" });
  const known = make("input", { type: "number", min: 1, step: 1, inputmode: "numeric", value: told.known.total_population });
  const size = make("input", { type: "number", min: 0.5, max: 20, step: 0.1, inputmode: "decimal", value: told.known.household_size ?? 2.6 });
  const several = make("select", {}, ...[1, 2, 3, 4].map((number) => make("option", { value: number, selected: number === 3 }, String(number))));
  return {
    profile,
    households: bandOf(gettext("Households in a grid"), first.households),
    population: bandOf(gettext("People in a grid"), first.population),
    grids: fieldOf(gettext("Number of grids"), count(100000), gettext("Empty: as many as the sizes ask for.")),
    candidates: fieldOf(gettext("Plans to choose from"), several, gettext("They differ; you pick one.")),
    weights: sliders().map(([name, kind, title, about]) => sliderOf(name, kind, title, about)),
    size: fieldOf(gettext("People in a household"), size, gettext("Where a building has only one of the two counts.")),
    total: fieldOf(gettext("People in all"), known, gettext("Estimates are scaled to this; empty: they stay as they are.")),
    sectors: bandOf(gettext("Grids in a sector"), null),
    micro: bandOf(gettext("Households in a micro-grid"), null),
    name: fieldOf(gettext("Name of the plan"), make("input", { type: "text", maxlength: 190, autocomplete: "off" }), gettext("Empty: the place and the day.")),
  };
}

function bandOf(title, value) {
  const bound = (name) => make("input", { type: "number", min: 0, step: 1, inputmode: "numeric", "aria-label": name });
  const low = bound(gettext("%(what)s, at least", { what: title }));
  const high = bound(gettext("%(what)s, at most", { what: title }));
  const set = (text) => {
    [low.value, high.value] = text ? text.split(":") : ["", ""];
  };
  set(value);
  const box = make("fieldset", { class: "field band" }, make("legend", {}, title), make("span", { class: "bounds" }, low, "–", high));
  return { box, set, get: () => (low.value || high.value ? `${low.value || 0}:${high.value || low.value}` : null) };
}

function sliderOf(name, kind, title, about) {
  return { name, ...slider({ title, steps: STEPS[kind], words: amounts()[kind], abouts: [about], at: 2 }) };
}

function optionsOf(fields) {
  const options = { households: fields.households.get(), population: fields.population.get() };
  for (const { name, get } of fields.weights) options[name] = get();
  if (fields.grids.input.value) options.grids = Number(fields.grids.input.value);
  if (fields.size.input.value) options.household_size = Number(fields.size.input.value);
  if (fields.total.input.value) options.total_population = Number(fields.total.input.value);
  for (const name of ["sectors", "micro"]) if (fields[name].get()) options[name] = fields[name].get();
  return options;
}
