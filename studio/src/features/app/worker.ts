// The service worker, seen from the page: begun once the page has what it needs, and exchanged when a new one is there.
import { strings } from "@/strings";
import { toast } from "@/ui/toasts";

const LOOK_EVERY_MS = 60 * 60_000;

/** Begins it, where there may be one. */
export function beginWorker(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const begin = () => void register().catch(() => {});
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin, { once: true });
  // A part of this page that is no longer there: the server has a new studio.
  addEventListener("vite:preloadError", () => offer(() => location.reload()));
}

async function register(): Promise<void> {
  const registration = await navigator.serviceWorker.register("/worker.js");
  const waits = () => registration.waiting && void succeed(registration.waiting);
  waits();
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => coming.state === "installed" && waits());
  });
  const look = () => void registration.update().catch(() => {});
  setInterval(look, LOOK_EVERY_MS);
  addEventListener("online", look);
}

/** The one that waits takes over: unasked where this page is of its build already, else when the person says so. */
async function succeed(waiting: ServiceWorker): Promise<void> {
  const takeOver = () => waiting.postMessage({ ask: "take over" });
  if (await holds(waiting)) return takeOver();
  offer(() => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    takeOver();
  });
}

function holds(worker: ServiceWorker): Promise<boolean> {
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<boolean>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data === true);
  });
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]');
  worker.postMessage({ ask: "is it yours?", file: script ? new URL(script.src).pathname : "" }, [port2]);
  return answer;
}

let offered = false;

function offer(act: () => void): void {
  if (offered) return;
  offered = true;
  toast(strings.app.renewed, { action: { label: strings.app.reload, act }, stays: true });
}
