/** What a proposal is asked for: what a move may cost, the people in all where they are known, a name. */
import { make } from "../dom.js";
import { fieldOf } from "../flow/field.js";
import { at, faultOf, send } from "../flow/service.js";
import { slider } from "../flow/slider.js";
import { gettext } from "../words.js";

/** Points that a moved household costs; null: nothing moves but what must. */
const PRICES = [null, 0.2, 0.05, 0.0125];
const PAUSE_MS = 500;

/**
 * @param {HTMLFormElement} form
 * @param {any} told what the page says
 * @param {(options: object) => void} look how the plan stands with these options
 * @returns {() => object} the options as they are filled in
 */
export function showRequest(form, told, look) {
  const price = slider({
    title: gettext("Fewest moves, or better balance?"), steps: PRICES, at: 0,
    words: [gettext("fewest moves"), gettext("a little more even"), gettext("more even"), gettext("as even as can be")],
    abouts: [
      gettext("Only what must move does: households change their grid where a band is broken, and nowhere else."),
      gettext("A grid a fifth off the middle of its band is mended where about 25 households or fewer have to move for it."),
      gettext("A grid a fifth off the middle of its band is mended where about 100 households or fewer have to move for it."),
      gettext("A grid a fifth off the middle of its band is mended where about 400 households or fewer have to move for it. Many will have another officer."),
    ],
  });
  // where everybody is counted there is nothing to scale
  const asked = told.estimates.estimated ? Object.entries(told.totals) : [];
  const totals = asked.map(([name, value]) => {
    const title = name === "total_population" ? gettext("People in all") : gettext("Households in all");
    return [name, fieldOf(title, make("input", { type: "number", min: 1, step: 1, inputmode: "numeric", value }), gettext("Estimates are scaled to this, as for the plan before."))];
  });
  const name = fieldOf(gettext("Name of the new plan"), make("input", { type: "text", maxlength: 190, autocomplete: "off", value: told.name }));
  const options = () => ({
    ...Object.fromEntries(Object.keys(told.totals).map((key) => [key, null])),
    ...Object.fromEntries(totals.map(([key, { input }]) => [key, input.value ? Number(input.value) : null])),
  });
  const fault = make("div");
  const go = make("button", { type: "submit", class: "button first" }, gettext("Propose the moves"));
  let timer = 0;
  for (const [, { input }] of totals) {
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => look(options()), PAUSE_MS);
    });
  }
  form.replaceChildren(
    make("h2", {}, gettext("Propose a new plan")), make("p", { class: "quiet advice" }), price.box,
    totals.length ? make("div", { class: "pair" }, ...totals.map(([, { box }]) => box)) : "", name.box, fault, make("div", { class: "row" }, go));
  form.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      const body = { layers_id: told.layers_id, options: options(), move_price: price.get() };
      if (name.input.value.trim()) body.name = name.input.value.trim();
      const job = await send(told.urls.rebalance, told.csrf, body);
      location.assign(at(told.urls.proposal, job.id));
    } catch (error) {
      fault.replaceChildren(faultOf(error));
      go.disabled = false;
    }
  };
  return options;
}
