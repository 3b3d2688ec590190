/**
 * Texts, numbers and dates in the reader's language.
 *
 * Texts are English in the sources and looked up in what the page hands over, which comes from the same catalogues as
 * the words of its template. `%(name)s` in a text is replaced by a value of that name.
 */

/**
 * @typedef {object} Told what a page says of its reader
 * @property {string} language `zh` or `en`
 * @property {string} tag for `Intl`, e.g. `zh-Hans`
 * @property {string} timezone where the office is
 * @property {Record<string, string | string[]>} messages English text -> its translation, or one for each plural form
 */

/** @returns {Told} */
function read() {
  const given = globalThis.document?.getElementById("words");
  return given ? JSON.parse(given.textContent) : { language: "en", tag: "en", timezone: "UTC", messages: {} };
}

const told = read();

export const language = told.language;

/**
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function gettext(text, values) {
  const found = told.messages[text];
  return fill(typeof found === "string" ? found : text, values);
}

/**
 * @param {string} one said of one thing, with `%(num)s` for their number
 * @param {string} many said of several
 * @param {number} num
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function ngettext(one, many, num, values) {
  const forms = told.messages[one] ?? [one, many];
  const text = forms.length > 1 && num !== 1 ? forms[1] : forms[0];
  return fill(text, { num: number(num), ...values });
}

function fill(text, values = {}) {
  return text.replace(/%\((\w+)\)s|%%/g, (given, name) => (name ? String(values[name] ?? given) : "%"));
}

/** The one of two texts that is in the reader's language; the other where there is none. */
export function pick(zh, en) {
  return (language === "zh" ? zh || en : en || zh) ?? "";
}

const plain = new Intl.NumberFormat(told.tag, { maximumFractionDigits: 0 });
const withSign = new Intl.NumberFormat(told.tag, { maximumFractionDigits: 0, signDisplay: "exceptZero" });
const shares = new Intl.NumberFormat(told.tag, { style: "percent", maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(told.tag, { dateStyle: "medium", timeZone: told.timezone });
const datesAlone = new Intl.DateTimeFormat(told.tag, { dateStyle: "medium", timeZone: "UTC" });
const moments = new Intl.DateTimeFormat(told.tag, { dateStyle: "medium", timeStyle: "short", timeZone: told.timezone });

/** A whole number, 1,234. */
export const number = (value) => plain.format(value);

/** A whole number with its sign, +12. */
export const signed = (value) => withSign.format(value);

/** A share, 0.123 as 12.3%. */
export const percent = (value) => shares.format(value);

/** A number with so many digits behind the point. */
export const decimal = (value, digits) =>
  new Intl.NumberFormat(told.tag, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** A day, as people write it there; one without an hour (2026-11-22) is that day wherever the office is. */
export const day = (value) => (/^\d{4}-\d\d-\d\d$/.test(value) ? datesAlone : days).format(new Date(value));

/** A moment, as people write it there. */
export const moment = (value) => moments.format(new Date(value));

const clock = new Intl.DateTimeFormat(told.tag, { timeStyle: "short", timeZone: told.timezone });
const calendar = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: told.timezone });

/** A time of day, as people write it there. */
export const hour = (value) => clock.format(new Date(value));

/** The day it is at the office, 2026-11-22. */
export const officeDay = (value = Date.now()) => calendar.format(new Date(value));
