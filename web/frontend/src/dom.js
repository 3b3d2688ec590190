/**
 * Make an element: `make("button", { class: "tool", onclick: undo }, "Undo")`. Functions become listeners, `true` an
 * attribute without a value; what is null or false is left out. Text stays text.
 *
 * @param {string} name
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  set(made, attributes);
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** Make an element of a drawing; as `make`. */
export function draw(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  set(made, attributes);
  made.append(...children);
  return made;
}

function set(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made[name] = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
}

/** The present value of a custom property of CSS, a colour of `tokens.css` as a rule. */
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * Call whenever the page turns dark or light.
 *
 * @param {() => void} then
 */
export function onScheme(then) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", then);
}
