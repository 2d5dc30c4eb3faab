// What the page costs while it draws: how long it keeps the browser busy, what it moves, and what it leaves behind.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { develop, finished, generationOf, launch, step, visit } from "./page";
import { type Server, serve } from "./server";

const WAIT = { timeout: 100_000 };
const LONGEST_TASK_MS = 100;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve({ settings: { SAFELIGHT_FAKE_STEP_S: "0.1" } }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it("moves nothing for those who asked for less motion", async () => {
  const page = await visit(browser, server.url, { steps: 10 });
  const longest = () =>
    page.evaluate(() =>
      Math.max(0, ...document.getAnimations().map((it) => Number(it.effect?.getComputedTiming().activeDuration))),
    );
  await develop(page, "a red dragon");
  await step(page, 2).waitFor(WAIT);
  await expect.poll(longest, { timeout: 30_000, interval: 20 }).toBeGreaterThan(100);
  await finished(page).waitFor(WAIT);
  await page.emulateMedia({ reducedMotion: "reduce" });
  // What moves already comes to its end as it began.
  await expect.poll(longest, { timeout: 5_000, interval: 20 }).toBeLessThanOrEqual(2);
  await develop(page, "a red dragon");
  for (let n = 0; n < 30; n++) expect(await longest()).toBeLessThanOrEqual(2);
  await finished(page).waitFor(WAIT);
  await page.context().close();
});

interface Traced {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds that the thread itself computed, whatever else the machine did meanwhile. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

it("never keeps the browser busy for more than 100 ms while previews arrive", async () => {
  const page = await visit(browser, server.url, { steps: 100 });
  await develop(page, "a red dragon");
  await step(page, 5).waitFor(WAIT);
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
  await finished(page).waitFor(WAIT);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: Traced[] };
  const threads = traceEvents.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const main = new Set(threads.map(({ pid, tid }) => `${pid}.${tid}`));
  const tasks = traceEvents
    .filter(({ name, ph, pid, tid }) => ph === "X" && name.endsWith("RunTask") && main.has(`${pid}.${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000);
  expect(tasks.length).toBeGreaterThan(100);
  expect(Math.max(...tasks)).toBeLessThanOrEqual(LONGEST_TASK_MS);
  await page.context().close();
});

it("lists what is under way beside the tray, and calls it off there", async () => {
  const page = await visit(browser, server.url, { steps: 200 });
  await develop(page, "a blue rocket");
  await step(page, 3).waitFor(WAIT);
  const id = generationOf(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByText("Nothing in the tray yet.").waitFor();
  await page.getByRole("button", { name: "Cancel “a blue rocket”" }).click();
  await expect
    .poll(async () => (await (await fetch(`${server.url}/api/v1/generations/${id}`)).json()).state)
    .toBe("cancelled");
  await page.getByRole("button", { name: "Cancel “a blue rocket”" }).waitFor({ state: "detached" });
  await page.context().close();
});

it("draws a picture again from its recipe, and says that it is the same", async () => {
  const page = await visit(browser, server.url, { steps: 6 });
  await develop(page, "a green apple");
  await finished(page).waitFor(WAIT);
  await page.getByRole("button", { name: "Reproduce" }).click();
  await page.getByText(/identical|every pixel|the same/i).waitFor(WAIT);
  await page.context().close();
});
