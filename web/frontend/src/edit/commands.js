/** What is done to a draft: each command goes to the service, which keeps it; the map shows what came of it. */
import { gettext, number } from "../words.js";
import { RequestError, load } from "../bench/api.js";

/** Refused because someone else changed the draft. */
const STALE = 412;

export class Commands extends EventTarget {
  /**
   * @param {import("./draft.js").Draft} draft
   * @param {Record<"edits" | "undo" | "redo" | "settle" | "standing" | "changes", string>} urls
   * @param {string} csrf the page's token
   */
  constructor(draft, urls, csrf) {
    super();
    Object.assign(this, { draft, urls, csrf });
    /** Whether the last refusal was for units that others moved meanwhile. */
    this.strayed = false;
    /** Commands are sent one after the other: each goes by the version that the one before made. */
    this.waiting = Promise.resolve(true);
    this.open = 0;
  }

  /** @param {number[]} units of the grids they are in now; only from there they are taken */
  move(units, to) {
    return this.edit({ action: "move", units, to, seen: this.draft.grouped(units) });
  }

  merge(codes) {
    return this.edit({ action: "merge", codes, seen: this.draft.seen(codes) });
  }

  split(code, parts = 2) {
    return this.edit({ action: "split", codes: [code], parts, seen: this.draft.seen([code]) });
  }

  splitAlong(code, line) {
    return this.edit({ action: "split-along", codes: [code], line, seen: this.draft.seen([code]) });
  }

  balance(codes) {
    return this.edit({ action: "balance", codes, seen: this.draft.seen(codes) });
  }

  resolve(codes) {
    return this.edit({ action: "resolve", codes, seen: this.draft.seen(codes) });
  }

  lock(codes, on) {
    return this.edit({ action: on ? "lock" : "unlock", codes, seen: {} });
  }

  lockUnits(units, on) {
    return this.edit({ action: on ? "lock" : "unlock", units, seen: this.draft.grouped(units) });
  }

  edit(given) {
    return this.queue(async () => {
      const { version } = this.draft;
      const told = await this.post(this.urls.edits, given);
      if (told.again) await this.takeNews(version, told, { own: told.version, units: Object.values(told.moved ?? {}).flat() });
      else if (told.moved) this.draft.apply(told);
      else this.draft.stand(told);
      return told;
    });
  }

  undo(anyone = false) {
    return this.step(this.urls.undo, () => this.draft.canUndo, anyone);
  }

  redo(anyone = false) {
    return this.step(this.urls.redo, () => this.draft.canRedo, anyone);
  }

  step(url, can, anyone) {
    return this.queue(async () => {
      if (!can()) return null;
      let told;
      try {
        told = await this.post(url, { anyone });
      } catch (error) {
        // whose step it is does not hang on what others did since
        if (!(error instanceof RequestError) || error.status !== STALE) throw error;
        await this.catchUp();
        told = await this.post(url, { anyone });
      }
      this.draft.stand(told);
      return told;
    }, () => this.step(url, can, true));
  }

  /** Take in what others did, once all that is under way is done. */
  follow(version) {
    this.waiting = this.waiting.then(() => (this.draft.version < version ? this.catchUp() : null)).catch((error) => {
      if (!(error instanceof RequestError)) throw error;
    });
    return this.waiting;
  }

  async catchUp() {
    const { version } = this.draft;
    await this.takeNews(version, await load(this.urls.standing));
  }

  /** Show how a draft stands, and tell what others did since a version; `own`: the change that is this page's, `units`. */
  async takeNews(version, standing, { own = 0, units = [] } = {}) {
    const before = this.draft.of.slice();
    this.draft.stand(standing);
    const { changes } = await load(`${this.urls.changes}?after=${version}`);
    const mine = new Set(units);
    const ways = new Map();
    this.draft.of.forEach((code, unit) => {
      if (code === before[unit] || mine.has(unit)) return;
      const way = `${before[unit]}\n${code}`;
      if (ways.has(way)) ways.get(way).push(unit);
      else ways.set(way, [unit]);
    });
    const moved = [...ways].map(([way, gone]) => ({ from: way.split("\n")[0], to: way.split("\n")[1], units: gone }));
    this.dispatchEvent(new CustomEvent("news", { detail: { changes: changes.filter((one) => one.version !== own), moved } }));
  }

  /** Have the draft's grids drawn and its certificate made, before it is handed on. */
  settle() {
    return this.queue(async () => {
      const { version } = await this.post(this.urls.settle);
      this.draft.version = version;
      return version;
    });
  }

  /** @param {() => void} [allTheSame] what can be done where a step is refused for being someone else's */
  queue(work, allTheSame) {
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
        const { strayed, step } = error.errors;
        this.strayed = Boolean(strayed);
        this.tell("refused", { text: this.sayRefusal(error), allTheSame: step && allTheSame });
        if (!strayed && error.status !== STALE) return null;
        return this.catchUp().then(() => null);
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
    if (!answer.ok) throw new RequestError(told.detail ?? answer.statusText, answer.status, told.errors);
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
