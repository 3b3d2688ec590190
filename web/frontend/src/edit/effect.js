/** What a change would do, in the user's numbers, before it is made. */
import { make } from "../dom.js";
import { measureOf } from "../bench/plan.js";
import { gettext, number } from "../words.js";

/**
 * @param {HTMLElement} place a line that is read aloud when it changes
 * @param {import("./draft.js").Draft} draft
 * @param {import("./draft.js").Effect[]} effects the grid that gains first
 */
export function showEffect(place, draft, effects) {
  const measure = measureOf(draft.bands);
  place.replaceChildren(...effects.map((effect, at) => one(draft, effect, measure, at === 0)));
  place.hidden = !effects.length;
}

function one(draft, effect, measure, gains) {
  const good = !effect.breaks.some((one) => !one.soft) && effect.pieces <= 1;
  const name = effect.code === null ? gettext("New grid") : draft.shortOf(effect.code);
  const figures = gettext("%(before)s → %(after)s", {
    before: number(effect.before[measure]), after: number(effect.after[measure]),
  });
  return make("span", { class: `effect ${good ? "good" : "bad"}` },
    make("b", {}, `${gains ? "+" : "−"} ${name}`), " ", figures, " ",
    make("span", {}, good ? "✓" : "✗"), " ", make("span", { class: "quiet" }, troubles(effect)));
}

function troubles({ breaks, pieces, empty }) {
  if (empty) return gettext("has nothing left and is retired");
  const told = breaks.map(({ rule, low, high, value }) => {
    const over = high !== null && value > high;
    const values = { bound: number(over ? high : low) };
    if (rule === "population") return over ? gettext("over %(bound)s people", values) : gettext("under %(bound)s people", values);
    return over ? gettext("over %(bound)s households", values) : gettext("under %(bound)s households", values);
  });
  if (pieces > 1) told.push(gettext("in %(pieces)s parts", { pieces: number(pieces) }));
  return told.join(", ");
}
