/**
 * Lets the officer's page open without reception: its own files, and the tiles that it has fetched ahead. What is
 * private is never kept here.
 *
 * Before this the service writes `SHELL`, the addresses of the page's files, and `VERSION`, another one when they are.
 */
const { SHELL, VERSION, PAGE } = self;
const FILES = `gridgis-files-${VERSION}`;
const TILES = "gridgis-tiles";
const PATIENCE_MS = 6000;

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(FILES);
    await cache.addAll(SHELL);
    await keepPage(cache, await fetch(PAGE));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("gridgis-files-") && name !== FILES) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

/** Keep the page, but not the one that asks to log in instead. */
async function keepPage(cache, answer) {
  if (answer.ok && answer.type === "basic" && !answer.redirected) await cache.put(PAGE, answer.clone());
  return answer;
}

/** The page as the service has it; where that takes too long or fails, as it was the last time. */
async function page(request) {
  const cache = await caches.open(FILES);
  const kept = await cache.match(PAGE);
  const fresh = fetch(request).then((answer) => keepPage(cache, answer));
  if (!kept) return fresh;
  const late = new Promise((then) => setTimeout(() => then(kept), PATIENCE_MS));
  return Promise.race([fresh.then((answer) => (answer.status >= 500 ? kept : answer)).catch(() => kept), late]);
}

async function kept(name, request) {
  const cache = await caches.open(name);
  return (await cache.match(request)) ?? fetch(request);
}

/** A tile; one that was not fetched ahead stays empty without reception. */
const tile = (request) => kept(TILES, request).catch(() => new Response(null, { status: 204 }));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(kept(FILES, request));
  else if (url.pathname.endsWith(".mvt")) event.respondWith(tile(request));
});
