/** What the dialogs ask of the service: changes of a plan as it was loaded, and jobs that are followed to their end. */
import { RequestError, load } from "../bench/api.js";

/** How often a job is asked for where no place is free to follow it, ms. */
const POLL_MS = 2000;
const OVER = ["done", "failed", "cancelled", "interrupted"];

/**
 * @param {string} url
 * @param {{csrf: string, version?: number, body?: object}} given `version`: of the plan as it was loaded
 * @returns {Promise<any>} JSON; rejects with RequestError
 */
export async function post(url, { csrf, version, body }) {
  const headers = { "X-CSRFToken": csrf, Accept: "application/json", "Content-Type": "application/json" };
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body ?? {}) }).catch((error) => {
    throw new RequestError(error.message, 0);
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new RequestError(told.detail ?? answer.statusText, answer.status);
  return told;
}

/**
 * Follow a job to its end.
 *
 * @param {string} url of the job
 * @param {(progress: {state: string, done: number}) => void} tell
 * @returns {Promise<any>} its result; rejects with RequestError where it failed
 */
export function follow(url, tell) {
  return new Promise((resolve, reject) => {
    const end = ({ state, error, result }) => (state === "done" ? resolve(result) : reject(new RequestError(error || state, 0)));
    const events = new EventSource(`${url}/events`);
    events.addEventListener("progress", ({ data }) => tell(JSON.parse(data)));
    events.addEventListener("end", ({ data }) => {
      events.close();
      end(JSON.parse(data));
    });
    events.onerror = () => {
      // otherwise the browser comes again of itself
      if (events.readyState === EventSource.CLOSED) poll(url, tell).then(end, reject);
    };
  });
}

async function poll(url, tell) {
  for (;;) {
    const job = await load(url);
    if (OVER.includes(job.state)) return job;
    tell(job);
    await new Promise((later) => { setTimeout(later, POLL_MS); });
  }
}
