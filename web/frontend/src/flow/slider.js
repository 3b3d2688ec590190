/** A slider of a few steps, each with a word for it and what it does. */
import { make } from "../dom.js";

let made = 0;

/**
 * @template T
 * @param {object} given
 * @param {string} given.title
 * @param {T[]} given.steps
 * @param {string[]} given.words one a step
 * @param {string[]} given.abouts what a step does, one a step; or one for all
 * @param {number} given.at where it stands at first
 * @returns {{box: HTMLElement, input: HTMLInputElement, get: () => T}}
 */
export function slider({ title, steps, words, abouts, at }) {
  made += 1;
  const id = `slider-${made}`;
  const input = make("input", { type: "range", id, min: 0, max: steps.length - 1, step: 1, value: at, "aria-describedby": `${id}-about` });
  const said = make("output", { for: id });
  const about = make("span", { class: "quiet", id: `${id}-about` });
  const say = () => {
    said.textContent = words[input.value];
    about.textContent = abouts[input.value] ?? abouts[0];
    input.setAttribute("aria-valuetext", said.textContent);
  };
  input.addEventListener("input", say);
  say();
  const box = make("div", { class: "field slider" }, make("div", { class: "head" }, make("label", { for: id }, title), said), input, about);
  return { box, input, get: () => steps[input.value] };
}
