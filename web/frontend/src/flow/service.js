/** What the pages on the way to a plan ask of the service. */
import { RequestError, load } from "../bench/api.js";
import { make } from "../dom.js";
import { gettext } from "../words.js";

/**
 * @param {string} url
 * @param {string} csrf the page's token
 * @param {object} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>} JSON; rejects with RequestError
 */
export async function send(url, csrf, body = {}, headers = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrf, ...headers },
    body: JSON.stringify(body),
  }).catch((error) => {
    throw new RequestError(error.message, 0);
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new RequestError(reasonOf(told) || answer.statusText, answer.status);
  return told;
}

/**
 * Send files, and say how much of them is there.
 *
 * @param {string} url
 * @param {string} csrf
 * @param {File[]} files
 * @param {(share: number) => void} heard
 * @returns {Promise<any>} JSON; rejects with RequestError
 */
export function sendFiles(url, csrf, files, heard) {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => heard(total ? loaded / total : 0);
    request.onerror = () => reject(new RequestError("", 0));
    request.onload = () => {
      const told = request.response ?? {};
      if (request.status < 300) resolve(told);
      else reject(new RequestError(reasonOf(told) || request.statusText, request.status));
    };
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", csrf);
    request.setRequestHeader("Accept", "application/json");
    request.send(form);
  });
}

/** What a problem says, fields of a form included. */
function reasonOf(told) {
  const fields = Object.values(told.errors ?? {}).flatMap((place) => Object.entries(place));
  return told.detail ?? fields.map(([name, why]) => `${name}: ${why}`).join("\n");
}

/** A line that says why something was refused. */
export function faultOf(error) {
  if (!(error instanceof RequestError)) throw error;
  return make("p", { class: "note fault lines", role: "alert" },
    error.status ? error.message : gettext("The service could not be reached; is the network there? Then try again."));
}

/** The address of one thing. */
export const at = (pattern, key) => pattern.replace("{key}", String(key));

export { RequestError, load };
