/** What is done to a draft: each command goes to the service, which keeps it; the map shows what came of it. */
import { gettext, number } from "../words.js";
import { RequestError } from "../bench/api.js";

/** Refused because someone else changed the draft. */
const STALE = 412;
const CONFLICT = 409;

export class Commands extends EventTarget {
  /**
   * @param {import("./draft.js").Draft} draft
   * @param {Record<"edits" | "undo" | "redo" | "settle" | "standing", string>} urls
   * @param {string} csrf the page's token
   */
  constructor(draft, urls, csrf) {
    super();
    Object.assign(this, { draft, urls, csrf });
    /** Commands are sent one after the other: each goes by the version that the one before made. */
    this.waiting = Promise.resolve(true);
    this.open = 0;
  }

  move(units, to) {
    return this.edit({ action: "move", units, to });
  }

  merge(codes) {
    return this.edit({ action: "merge", codes });
  }

  split(code, parts = 2) {
    return this.edit({ action: "split", codes: [code], parts });
  }

  splitAlong(code, line) {
    return this.edit({ action: "split-along", codes: [code], line });
  }

  balance(codes) {
    return this.edit({ action: "balance", codes });
  }

  resolve(codes) {
    return this.edit({ action: "resolve", codes });
  }

  lock(codes, on) {
    return this.edit({ action: on ? "lock" : "unlock", codes });
  }

  lockUnits(units, on) {
    return this.edit({ action: on ? "lock" : "unlock", units });
  }

  edit(given) {
    return this.queue(async () => {
      const told = await this.post(this.urls.edits, given);
      if (told.moved) this.draft.apply(told);
      else this.draft.stand(told);
      return told;
    });
  }

  undo() {
    return this.queue(async () => {
      if (!this.draft.canUndo) return null;
      const told = await this.post(this.urls.undo);
      this.draft.stand(told);
      return told;
    });
  }

  redo() {
    return this.queue(async () => {
      if (!this.draft.canRedo) return null;
      const told = await this.post(this.urls.redo);
      this.draft.stand(told);
      return told;
    });
  }

  /** Have the draft's grids drawn and its certificate made, before it is handed on. */
  settle() {
    return this.queue(async () => {
      const { version } = await this.post(this.urls.settle);
      this.draft.version = version;
      return version;
    });
  }

  queue(work) {
    this.open += 1;
    this.tell("busy");
    const done = this.waiting.then(work).then(
      (told) => {
        this.open -= 1;
        this.tell(this.open ? "busy" : "saved", { told });
        return told;
      },
      (error) => {
        this.open -= 1;
        if (!(error instanceof RequestError)) throw error;
        const stale = error.status === STALE || error.status === CONFLICT;
        this.tell(stale ? "stale" : "refused", { text: this.sayRefusal(error) });
        return null;
      },
    );
    this.waiting = done.catch(() => null);
    return done;
  }

  sayRefusal({ status, message }) {
    return status === 0 ? gettext("The service cannot be reached; nothing was changed. Try again.") : message;
  }

  tell(state, more = {}) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, ...more } }));
  }

  async post(url, body) {
    const headers = { "If-Match": `"${this.draft.version}"`, "X-CSRFToken": this.csrf, Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(url, { method: "POST", headers, body: body && JSON.stringify(body) }).catch((error) => {
      throw new RequestError(error.message, 0);
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new RequestError(told.detail ?? answer.statusText, answer.status);
    return told;
  }
}

/** Say in a line what an edit did. */
export function sayDone({ households, retired = [], new: made = [] }, draft) {
  const named = (codes) => codes.map((code) => draft.shortOf(code)).join(gettext(", "));
  const parts = [gettext("%(households)s households moved", { households: number(households ?? 0) })];
  if (made.length) parts.push(gettext("new: %(codes)s", { codes: named(made) }));
  if (retired.length) parts.push(gettext("retired: %(codes)s", { codes: named(retired) }));
  return parts.join(" · ");
}
