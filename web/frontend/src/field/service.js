/** Between phone and service: what the phone may show, and what waits to be sent, each thing once. */
import { dropWaiting, forgetMine, keepMine, keepWaiting, readMine, waiting } from "./kept.js";

/** Answers after which sending the same again makes no sense. */
const REFUSED = [403, 404, 409, 413, 422];
const TEXTS = ["lon", "lat", "accuracy_m", "by_hand", "grid_code", "building_id", "households", "category", "handling", "text"];

/**
 * Ask the service what this phone may show; what it kept before is replaced, or forgotten where there is nothing left.
 *
 * @param {string} url
 * @returns {Promise<{state: "fresh" | "offline" | "denied", mine?: object}>} denied: logged out, or not an officer's
 */
export async function refresh(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  if (answer && (answer.status === 401 || answer.status === 403)) {
    await forgetMine();
    return { state: "denied" };
  }
  if (!answer?.ok) return { state: "offline" };
  const mine = await answer.json();
  if (mine.grids.length) await keepMine(mine);
  else await forgetMine();
  return { state: "fresh", mine };
}

function formOf(entry) {
  const form = new FormData();
  for (const name of ["key", "kind", "at"]) form.append(name, entry[name]);
  for (const name of TEXTS) {
    if (entry[name] !== undefined && entry[name] !== null && entry[name] !== "") form.append(name, String(entry[name]));
  }
  entry.photos?.forEach(({ bytes, type, name }) => form.append("photos", new Blob([bytes], { type }), name));
  return form;
}

/**
 * Send what waits, one after the other; whatever happens on the way, it is either kept here or there, or both.
 *
 * @param {string} url
 * @param {object} mine the last answer: who is logged in, and the token
 * @param {() => void} heard called after each
 * @returns {Promise<"done" | "later" | "denied">}
 */
export function sendWaiting(url, mine, heard) {
  const send = async () => {
    for (const entry of await waiting()) {
      if (entry.login !== mine.login || entry.problem) continue;
      const answer = await fetch(url, {
        method: "POST", headers: { Accept: "application/json", "X-CSRFToken": mine.csrf }, body: formOf(entry),
      }).catch(() => null);
      if (answer?.ok && answer.headers.get("Content-Type")?.includes("json")) {
        await dropWaiting(entry.key);
      } else if (answer && REFUSED.includes(answer.status)) {
        const told = await answer.json().catch(() => ({}));
        await keepWaiting({ ...entry, problem: told.detail || JSON.stringify(told.errors ?? answer.status) });
      } else {
        return answer?.status === 401 || answer?.status === 400 ? "denied" : "later";
      }
      heard();
    }
    return "done";
  };
  // two windows of one phone would send the same at once
  return navigator.locks ? navigator.locks.request("gridgis-send", send) : send();
}

/** A number that nothing else has, also where pages may not ask the browser for one. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Put something done among what waits. */
export async function addWaiting(entry, files = []) {
  const { login } = (await readMine()) ?? {};
  if (!login) return null;
  const photos = await Promise.all(
    [...files].map(async (file) => ({ bytes: await file.arrayBuffer(), type: file.type, name: file.name })),
  );
  const made = { ...entry, key: newKey(), at: new Date().toISOString(), login, photos };
  await keepWaiting(made);
  return made;
}
