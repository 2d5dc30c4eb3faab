// What the studio costs its browser, in figures that are not the machine's: bytes sent, and time its own thread computed.
import "./fake";
import { join } from "node:path";
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { develop, finished, launch, visit } from "./page";
import { python, type Server, serve } from "./server";

const WAIT = { timeout: 100_000 };
const FIRST_LOAD_BYTES = 250_000;
/** English is always there: others stand on it until they are. */
const LANGUAGE_BYTES = 5_000;
/** Pictures in the list that is scrolled; those of the server, again and again. */
const COUNT = 100_000;
const SEEDED = 200;
const FRAME_MS = 1000 / 60;
/** 200 where there is time: `E2E_GENERATIONS=200`. */
const GENERATIONS = Number(process.env.E2E_GENERATIONS ?? 60);
/** What a generation may leave behind: its row in a list, not its frames. */
const GROWTH = { bytes: 5_000, nodes: 10 };
let server: Server;
let full: Server;
let browser: Browser;

beforeAll(async () => {
  const prepare = async (home: string) => {
    await python([join(import.meta.dirname, "seed.py"), home, String(SEEDED)], { home });
  };
  [server, full, browser] = await Promise.all([
    serve({ settings: { SAFELIGHT_FAKE_STEP_S: "0", SAFELIGHT_RATE_LIMIT: "100000/15minutes" } }),
    serve({ prepare }),
    launch(),
  ]);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), full?.stop()]);
});

it.each(["en", "de"])(
  "sends at most 250 kB of script for Generate, and a language where it is another: %s",
  async (tongue) => {
    const context = await browser.newContext({ locale: tongue });
    const page = await context.newPage();
    const client = await context.newCDPSession(page);
    const scripts = new Map<string, string>();
    const sent = new Map<string, number>();
    await client.send("Network.enable");
    client.on("Network.responseReceived", ({ requestId, type, response }) => {
      if (type === "Script") scripts.set(requestId, response.url);
    });
    client.on(
      "Network.loadingFinished",
      ({ requestId, encodedDataLength }) => void sent.set(requestId, encodedDataLength),
    );
    await page.goto(server.url);
    await page.getByText(tongue === "de" ? "Bereit" : "Ready", { exact: true }).waitFor();
    await page.getByRole("textbox", { name: "Prompt" }).waitFor();
    const bytes = [...scripts.keys()].reduce((sum, id) => sum + (sent.get(id) ?? 0), 0);
    const tongues = [...scripts.values()].filter((url) => /assets\/(de|fr|es|zh|ja)-/.test(url));
    console.log(`Generate (${tongue}): ${(bytes / 1000).toFixed(0)} kB of script sent in ${scripts.size} files`);
    const later = [...scripts.values()].filter((url) =>
      /Surface|MaskDialog|PictureDialog|ActTray|GridDialog|BatchSheet|ContactSheet/.test(url),
    );
    expect(later).toEqual([]);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_BYTES + (tongue === "en" ? 0 : LANGUAGE_BYTES));
    expect(tongues).toHaveLength(tongue === "en" ? 0 : 1);
    await context.close();
  },
);

/** Seconds that the page's thread spent on what the studio answers for, by the browser's own counters. */
async function computed(client: CDPSession): Promise<number> {
  const { metrics } = await client.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return of("ScriptDuration") + of("LayoutDuration") + of("RecalcStyleDuration");
}

it("scrolls a hundred thousand pictures within the time that a frame has", async () => {
  const page = await visit(browser, full.url, { path: "/about", worker: false });
  const { items } = await (await fetch(`${full.url}/api/v1/pictures?limit=${SEEDED}`)).json();
  // The server's own speed with so many is measured elsewhere (benchmarks/gallery.py).
  await page.route(/\/api\/v1\/pictures\?/, (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
    const end = Math.min(COUNT, from + 10_000);
    const some = Array.from({ length: end - from }, (_, n) => ({
      ...items[(from + n) % items.length],
      id: `pic_${from + n}`,
    }));
    return route.fulfill({ json: { items: some, next_cursor: end < COUNT ? String(end) : null } });
  });
  await page.getByRole("link", { name: "Gallery" }).click();
  await page.locator("[data-picture]").first().waitFor(WAIT);
  const last = () =>
    page.evaluate(() => {
      const grid = document.querySelector<HTMLElement>("[data-testid=grid]");
      if (grid) grid.scrollTop = grid.scrollHeight;
      return Number(grid?.querySelector("[role=option]:last-child")?.getAttribute("aria-posinset"));
    });
  await expect.poll(last, { timeout: 120_000, interval: 50 }).toBe(COUNT);
  await page.evaluate(() => document.querySelector("[data-testid=grid]")?.scrollTo(0, 100_000));
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const scroll = (frames: number) =>
    page.evaluate(async (frames) => {
      const grid = document.querySelector<HTMLElement>("[data-testid=grid]");
      if (!grid) throw new Error("There is no grid.");
      for (let n = 0; n < frames; n++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        grid.scrollTop += 60;
      }
      return grid.scrollTop;
    }, frames);
  await scroll(60);
  const before = await computed(client);
  const frames = 300;
  const travelled = await scroll(frames);
  const each = ((await computed(client)) - before) * (1000 / frames);
  console.log(`gallery: ${each.toFixed(1)} ms of the page's thread for each frame`);
  expect(travelled).toBeGreaterThan(10_000);
  expect(each).toBeGreaterThan(0);
  expect(each).toBeLessThan(FRAME_MS);
  await page.context().close();
}, 300_000);

/** Bytes of all the values that the page holds. Not of the code compiled for it: that grows with use, for as long as the browser finds more to compile. */
async function values(client: CDPSession): Promise<number> {
  const parts: string[] = [];
  const receive = ({ chunk }: { chunk: string }) => void parts.push(chunk);
  client.on("HeapProfiler.addHeapSnapshotChunk", receive);
  for (let n = 0; n < 3; n++) await client.send("HeapProfiler.collectGarbage");
  await client.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  client.off("HeapProfiler.addHeapSnapshotChunk", receive);
  const { snapshot, nodes } = JSON.parse(parts.join(""));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = [fields.indexOf("type"), fields.indexOf("self_size")];
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (!["code", "native"].includes(types[type][nodes[at + type]])) bytes += nodes[at + size];
  }
  return bytes;
}

it(`holds no more memory after ${GENERATIONS} generations than after twenty`, async () => {
  const page = await visit(browser, server.url, { steps: 2 });
  const client = await page.context().newCDPSession(page);
  const held = async () => ({
    bytes: await values(client),
    nodes: (await client.send("Memory.getDOMCounters")).nodes,
  });
  const prompt = page.getByRole("textbox", { name: "Prompt" });
  await develop(page, "a red dragon");
  const once = async () => {
    const address = page.url();
    await prompt.press("Enter");
    await page.waitForURL((url) => url.href !== address, WAIT);
    await finished(page).waitFor(WAIT);
  };
  await finished(page).waitFor(WAIT);
  let early = { bytes: 0, nodes: 0 };
  for (let n = 1; n < GENERATIONS; n++) {
    await once();
    if (n === 20) early = await held();
  }
  const late = await held();
  const each = (of: "bytes" | "nodes") => (late[of] - early[of]) / (GENERATIONS - 20);
  console.log(`memory: ${each("bytes").toFixed(0)} bytes and ${each("nodes").toFixed(1)} nodes for each generation`);
  expect(early.bytes).toBeGreaterThan(1_000_000);
  expect(each("bytes")).toBeLessThan(GROWTH.bytes);
  expect(each("nodes")).toBeLessThan(GROWTH.nodes);
  await page.context().close();
}, 600_000);
