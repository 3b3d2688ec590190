/** The officer's page. What is shown comes from what the phone keeps; the service is asked beside, when it can be reached. */
import { make } from "../dom.js";
import { gettext, hour, moment, ngettext, officeDay } from "../words.js";
import { showIncident, writeReport, writeVisit } from "./forms.js";
import { dropWaiting, forgetMine, keepWaiting, readMine, waiting } from "./kept.js";
import { drawField } from "./map.js";
import { CATEGORIES, nameOf } from "./names.js";
import { follow, isAllowed, sayWhere } from "./place.js";
import { startSearch } from "./search.js";
import { addWaiting, refresh, sendWaiting } from "./service.js";
import { buildingList, gridFacts, incidentList, neighbourList, todayList } from "./sheet.js";
import { keepTiles } from "./tiles.js";

const RETRY_MS = [3000, 10_000, 30_000, 60_000];
const get = (id) => document.getElementById(id);

/** @param {{urls: Record<string, string>}} told */
export async function startField(told) {
  const page = new Page(told.urls);
  await page.begin();
  globalThis.field = page;
}

class Page {
  constructor(urls) {
    this.urls = urls;
    this.mine = null;
    this.queue = [];
    this.me = null;
    this.map = null;
    this.tab = "today";
    this.chosen = null;
    this.tries = 0;
  }

  async begin() {
    this.mine = this.current(await readMine());
    this.queue = await waiting();
    this.listen();
    this.draw();
    if (navigator.serviceWorker) navigator.serviceWorker.register(this.urls.worker, { scope: this.urls.page }).catch(() => {});
    await this.synchronise();
    if (await isAllowed()) this.locate();
  }

  /** What was kept, without the grids that are not the officer's today. */
  current(mine) {
    if (!mine) return null;
    const today = officeDay();
    return { ...mine, grids: mine.grids.filter((grid) => grid.days.includes(today)) };
  }

  get grid() {
    return this.mine?.grids.find((one) => one.code === this.chosen) ?? this.mine?.grids[0] ?? null;
  }

  get around() {
    const own = new Set(this.mine.grids.map((one) => one.code));
    return this.mine.grids.flatMap((one) => one.neighbours).filter((one) => !own.has(one.code));
  }

  listen() {
    for (const tab of document.querySelectorAll("[data-tab]")) tab.onclick = () => this.open(tab.dataset.tab);
    get("fold").onclick = () => this.fold(!document.body.classList.contains("folded"));
    get("report").onclick = () => this.report();
    get("check-in").onclick = () => this.checkIn();
    get("visit").onclick = () => this.open("buildings");
    get("locate").onclick = () => this.locate(true);
    get("which").onchange = (event) => {
      this.chosen = event.target.value;
      this.draw();
      this.map.showGrid(this.grid);
    };
    addEventListener("online", () => this.synchronise());
    addEventListener("offline", () => this.say());
    document.addEventListener("visibilitychange", () => document.hidden || this.synchronise());
    for (const form of document.querySelectorAll("form[action$='/logout']")) {
      form.addEventListener("submit", (event) => this.logOut(event, form));
    }
    startSearch(get("q"), get("found"), {
      buildings: () => this.mine?.grids.flatMap((one) => one.buildings) ?? [], url: this.urls.search,
      onFound: ({ name, at }) => {
        this.map?.point(at, name);
        this.fold(true);
        get("where").textContent = this.mine ? sayWhere(this.mine.grids, this.around, at).text.replace(/^/, `${name}: `) : name;
      },
    });
  }

  /** Log out: what is not sent yet is sent first, and grids are forgotten here. */
  async logOut(event, form) {
    event.preventDefault();
    await this.synchronise();
    const left = this.queue.length;
    const asked = ngettext("%(num)s entry is not sent yet. It waits on this phone until you log in here again.",
      "%(num)s entries are not sent yet. They wait on this phone until you log in here again.", left);
    if (left && !confirm(asked)) return;
    await forgetMine();
    form.submit();
  }

  /** Ask the service, then send what waits; one at a time. Who asks meanwhile may have put more among what waits. */
  synchronise() {
    if (this.running) {
      this.more = true;
      return this.running;
    }
    this.running = this.exchange().finally(() => {
      const more = this.more;
      this.running = null;
      this.more = false;
      return more && this.state === "fresh" ? this.synchronise() : undefined;
    });
    return this.running;
  }

  async exchange() {
    clearTimeout(this.timer);
    const asked = await refresh(this.urls.mine);
    this.state = asked.state;
    if (asked.state === "denied") this.mine = null;
    if (asked.state === "fresh") {
      this.mine = this.current(asked.mine);
      this.login = asked.mine.login;
      const sent = await sendWaiting(this.urls.entries, asked.mine, () => this.count());
      if (sent === "denied") this.state = "denied";
      if (sent === "later") this.state = "offline";
      const before = this.queue.length;
      this.queue = await waiting();
      if (this.queue.length < before) {
        const again = await refresh(this.urls.mine);
        if (again.state === "fresh") this.mine = this.current(again.mine);
      }
      if (this.state === "fresh") this.tries = 0;
    }
    this.queue = await waiting();
    this.draw();
    if (this.state === "offline") this.retry();
    if (this.state === "fresh" && this.mine.grids.length) this.keepMap();
  }

  retry() {
    this.timer = setTimeout(() => this.synchronise(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
  }

  async keepMap() {
    document.body.dataset.map = (await keepTiles(this.mine.grids).catch(() => false)) ? "kept" : "partly";
  }

  async count() {
    this.queue = await waiting();
    this.say();
  }

  /** Keep something done, whatever becomes of the page now, then try to send it. */
  async keep(entry, files = []) {
    const made = await addWaiting(entry, files);
    this.queue = await waiting();
    this.toast(made ? gettext("Kept at %(time)s", { time: hour(made.at) }) : gettext("Log in again first."));
    this.open("today");
    this.synchronise();
  }

  report() {
    if (!this.mine?.grids.length) return;
    writeReport({
      grids: [...this.mine.grids, ...this.around], me: this.me, middle: this.map.middle(),
      onDone: (entry, files) => this.keep(entry, files),
    });
  }

  checkIn() {
    if (!this.me) {
      this.toast(gettext("Switch positioning on first: a check-in says where you are."));
      return this.locate(true);
    }
    return this.keep({ kind: "check-in", lon: this.me.at[0], lat: this.me.at[1], accuracy_m: this.me.accuracy });
  }

  visit(building) {
    writeVisit({ building, onDone: (entry) => this.keep(entry) });
  }

  incident(one) {
    showIncident(one, `${CATEGORIES[one.category] ?? one.category} · ${moment(one.reported_at)}`, () => {
      this.fold(true);
      this.map.goTo(one.at);
    });
  }

  locate(go = false) {
    if (this.following) {
      if (go && this.me) this.map?.goTo(this.me.at);
      return;
    }
    this.following = true;
    follow((me) => {
      const first = !this.me;
      this.me = me;
      this.map?.showMe(me);
      if (first && go) this.map?.goTo(me.at);
      if (first) this.draw();
      this.say();
    }, () => {
      this.following = false;
      get("where").textContent = gettext("This phone does not tell where it is; allow it in the browser's settings.");
    });
  }

  open(tab) {
    this.tab = tab;
    this.fold(false);
    this.draw();
  }

  fold(folded) {
    document.body.classList.toggle("folded", folded);
    get("fold").setAttribute("aria-expanded", String(!folded));
    this.measure();
  }

  measure() {
    this.map?.setEdges({ bottom: get("sheet").offsetHeight, top: get("bar").offsetHeight });
  }

  toast(text) {
    get("toast").textContent = text;
    get("toast").hidden = false;
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => {
      get("toast").hidden = true;
    }, 4000);
  }

  draw() {
    const there = Boolean(this.grid);
    document.body.classList.toggle("nothing", !there);
    this.say();
    if (!there) {
      this.map?.leaflet.remove();
      this.map = null;
      get("map").replaceChildren();
      return this.drawNothing();
    }
    get("name").textContent = `${this.grid.code} ${nameOf(this.grid) === this.grid.code ? "" : nameOf(this.grid)}`;
    const visited = new Set(this.queue.filter((one) => one.kind === "visit").map((one) => one.building_id));
    const queue = this.queue.filter((one) => one.login === this.mine.login);
    const show = {
      today: () => todayList({ entries: this.mine.entries, queue, onDrop: (one) => this.drop(one), onRetry: (one) => this.again(one) }),
      open: () => incidentList(this.grid, this.me, (one) => this.incident(one)),
      buildings: () => buildingList(this.grid, this.me, visited, (one) => this.visit(one)),
      around: () => neighbourList(this.grid),
      grid: () => gridFacts(this.grid),
    };
    for (const tab of document.querySelectorAll("[data-tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === this.tab));
    get("count-open").textContent = this.grid.incidents.length || "";
    get("content").replaceChildren(show[this.tab]());
    return this.drawGrids();
  }

  drawGrids() {
    const which = get("which");
    which.hidden = this.mine.grids.length < 2;
    which.replaceChildren(...this.mine.grids.map((one) => make("option", { value: one.code, selected: one === this.grid }, one.code)));
    if (this.map) return this.map.draw(this.mine.grids);
    this.map = drawField(get("map"), {
      grids: this.mine.grids, onBuilding: (one) => this.visit(one), onIncident: (one) => this.incident(one),
    });
    this.measure();
    new ResizeObserver(() => this.measure()).observe(get("sheet"));
    if (this.me) this.map.showMe(this.me);
    return this.map.showGrid(this.grid, { animate: false });
  }

  drawNothing() {
    const why = {
      denied: gettext("You are logged out, or this account is not a grid officer's. What this phone kept of your grids was deleted."),
      fresh: gettext("You serve in no grid today. What this phone kept of your grids was deleted."),
    };
    const offline = this.state && gettext("There is no reception, and nothing for today is kept on this phone. Open this page once where there is reception.");
    get("name").textContent = gettext("No grid");
    get("content").replaceChildren(
      make("div", { class: "field-nothing" }, make("p", {}, why[this.state] ?? offline ?? gettext("Your grid is being fetched …")),
        this.state === "denied" && make("a", { class: "button first field-big", href: this.urls.login }, gettext("Log in"))));
  }

  async drop(entry) {
    await dropWaiting(entry.key);
    await this.count();
    this.draw();
  }

  async again(entry) {
    await keepWaiting({ ...entry, problem: undefined });
    await this.synchronise();
  }

  say() {
    const left = this.queue.length;
    const waits = left ? ngettext("%(num)s to send", "%(num)s to send", left) : "";
    const offline = this.state === "offline" || !navigator.onLine;
    const net = get("net");
    net.textContent = [offline && gettext("Offline"), waits].filter(Boolean).join(" · ") || gettext("All sent");
    net.className = `state ${offline || left ? "attention" : "good"}`;
    net.dataset.waiting = String(left);
    if (this.me && this.grid) {
      const { text, inside } = sayWhere(this.mine.grids, this.around, this.me.at);
      get("where").textContent = text;
      get("where").className = inside ? "inside" : "outside";
    }
  }
}
