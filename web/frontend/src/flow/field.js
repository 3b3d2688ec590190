/** A field of a form with its name, and what it is for. */
import { make } from "../dom.js";

let made = 0;

/**
 * @param {string} title
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @param {string} [about]
 * @returns {{input: HTMLInputElement | HTMLSelectElement, box: HTMLElement}}
 */
export function fieldOf(title, input, about = "") {
  made += 1;
  input.id = `field-${made}`;
  const hint = about ? make("span", { class: "quiet", id: `${input.id}-about` }, about) : null;
  if (hint) input.setAttribute("aria-describedby", hint.id);
  return { input, box: make("div", { class: "field" }, make("label", { for: input.id }, title), input, hint) };
}
