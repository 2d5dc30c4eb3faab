// The service worker: opens the studio without its server, and shows there what was seen last of the gallery.
// It keeps no answer of the API but pages of the gallery, thumbnails, and whose they are.
import { type Asked, forgets, kindOf, PARTS, tooMany } from "@/worker/rules";

declare const self: ServiceWorkerGlobalScope;

/** Written in by the build: what the studio is made of, its page's own script first, and a name for all of it. */
const SHELL = JSON.parse("__SHELL__") as { readonly version: string; readonly files: readonly string[] };
const SHELL_CACHE = `shell-${SHELL.version}`;
const PAGES = "pages";
const THUMBNAILS = "thumbnails";
const WHOSE = "whose";
const MOST = { [PAGES]: 24, [THUMBNAILS]: 600 } as const;
const PATIENCE_MS = 5_000;
/** Grows whenever everything is forgotten: an answer that was asked for before is not kept after. */
let era = 0;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  const { ask, file } = event.data as { ask: string; file?: string };
  if (ask === "take over") event.waitUntil(self.skipWaiting());
  if (ask === "is it yours?") event.ports[0]?.postMessage(SHELL.files.includes(file ?? ""));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  const asked: Asked = { method: request.method, path: pathname, mode: request.mode };
  const lost = forgets(asked);
  if (lost !== "nothing") event.waitUntil(lost === "pages" ? caches.delete(PAGES) : forget());
  const kind = kindOf(asked);
  if (kind === "page") event.respondWith(page(request));
  if (kind === "asset") event.respondWith(kept(request, SHELL_CACHE));
  if (kind === "thumbnail") event.respondWith(kept(request, THUMBNAILS));
  if (kind === "part") event.respondWith(fetch(request).catch(() => keptIn(SHELL_CACHE, request)));
  if (kind === "pictures") event.respondWith(pictures(request));
  if (kind === "me") event.respondWith(me(request));
});

async function install(): Promise<void> {
  const cache = await caches.open(SHELL_CACHE);
  const html = await fetch("/", { headers: { Accept: "text/html" }, cache: "no-store" });
  const entry = SHELL.files[0] ?? "";
  // The server may have been renewed between this script and its page: then the next visit tries again.
  if (!html.ok || !(await html.clone().text()).includes(entry)) throw new Error("The page is of another build.");
  await Promise.all([cache.put("/", html), cache.addAll([...SHELL.files, ...PARTS])]);
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith("shell-") && name !== SHELL_CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The studio's page from its server; the one that is kept, where that is silent. */
async function page(request: Request): Promise<Response> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("late")), PATIENCE_MS));
  try {
    return await Promise.race([fetch(request), late]);
  } catch {
    return (await caches.match("/", { cacheName: SHELL_CACHE })) ?? fetch(request);
  }
}

/** What never changes under its address. */
async function kept(request: Request, name: string): Promise<Response> {
  const found = await caches.match(request.url, { cacheName: name, ignoreVary: true });
  if (found) return found;
  const began = era;
  const answer = await fetch(request);
  await keep(name, request.url, answer, began);
  return answer;
}

async function keptIn(cacheName: string, request: Request): Promise<Response> {
  return (await caches.match(request.url, { cacheName, ignoreVary: true })) ?? Response.error();
}

/** Pages of the gallery as they are; as they were, where the server is silent. */
async function pictures(request: Request): Promise<Response> {
  const began = era;
  try {
    const answer = await fetch(request);
    await keep(PAGES, request.url, answer, began);
    return answer;
  } catch {
    return keptIn(PAGES, request);
  }
}

/** Notes who one is, and forgets what was somebody else's before the answer is heard. */
async function me(request: Request): Promise<Response> {
  const answer = await fetch(request);
  if (answer.status === 401) await forget();
  if (!answer.ok) return answer;
  const { kind, name, workspace } = (await answer.clone().json()) as Record<string, unknown>;
  const now = JSON.stringify([kind, name, workspace]);
  const whose = await caches.open(WHOSE);
  const before = await (await whose.match("/"))?.text();
  if (before !== undefined && before !== now) await forget();
  await (await caches.open(WHOSE)).put("/", new Response(now));
  return answer;
}

async function forget(): Promise<void> {
  era += 1;
  await Promise.all([PAGES, THUMBNAILS, WHOSE].map((name) => caches.delete(name)));
}

async function keep(name: string, url: string, answer: Response, began: number): Promise<void> {
  if (!answer.ok || answer.type !== "basic" || answer.redirected) return;
  const copy = answer.clone();
  try {
    const cache = await caches.open(name);
    await cache.delete(url);
    await cache.put(url, copy);
    if (began !== era) await caches.delete(name);
    const most = name === PAGES || name === THUMBNAILS ? MOST[name] : null;
    if (most !== null) await Promise.all(tooMany(await cache.keys(), most).map((key) => cache.delete(key)));
  } catch {
    // The disk is full, or keeping is forbidden: then it is asked for again.
  }
}
