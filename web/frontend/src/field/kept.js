/** What this phone keeps: what it was told of the officer's own grids, and what is not sent yet. */
import { deleteDB, openDB } from "idb";

const NAME = "gridgis";
const NOW = "now";

const opened = () =>
  openDB(NAME, 1, {
    upgrade(db) {
      db.createObjectStore("mine");
      db.createObjectStore("queue", { keyPath: "key" }).createIndex("at", "at");
    },
  });

let store = null;
const db = () => (store ??= opened());

/** @returns {Promise<object | undefined>} the last answer of the service */
export const readMine = async () => (await db()).get("mine", NOW);

/** Keep an answer in place of the one before: what is not in it any more is gone. */
export const keepMine = async (told) => (await db()).put("mine", told, NOW);

/** Forget everything about grids; what is not sent yet stays. */
export const forgetMine = async () => (await db()).clear("mine");

/** What waits to be sent, in the order it was done. */
export const waiting = async () => (await db()).getAllFromIndex("queue", "at");

export const keepWaiting = async (entry) => (await db()).put("queue", entry);

export const dropWaiting = async (key) => (await db()).delete("queue", key);

/** Forget grids on a page that is not the officer's own, without making a store where there is none. */
export async function forgetElsewhere() {
  const there = (await indexedDB.databases?.())?.some(({ name }) => name === NAME) ?? true;
  if (!there) return;
  await forgetMine();
  if ((await waiting()).length) return;
  (await db()).close();
  store = null;
  await deleteDB(NAME);
}
