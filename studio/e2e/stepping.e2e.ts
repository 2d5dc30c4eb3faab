// Stepping in: everything that can be done to a picture while, and after, it develops.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { develop, faults, finished, generationOf, launch, overflow, PHONE, screenshot, step, visit } from "./page";
import { type Server, serve } from "./server";

const WAIT = { timeout: 100_000 };
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve({ settings: { SAFELIGHT_FAKE_STEP_S: "0.08" } }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const strip = (page: Page) => page.getByTestId("strip");
const apply = (page: Page) => page.getByTestId("apply");
const recipeOf = async (page: Page) =>
  (await (await fetch(`${server.url}/api/v1/generations/${generationOf(page)}`)).json()).recipe;
const known = (page: Page): Promise<number> => page.locator("[data-testid=strip] [data-known=true]").count();

it("pauses, stays so over a reload, steers, and goes on", async () => {
  const page = await visit(browser, server.url, { steps: 100 });
  await develop(page, "a red dragon");
  await step(page, 6).waitFor(WAIT);
  await strip(page).focus();
  await page.keyboard.press("Space");
  await page.getByText("Paused", { exact: true }).waitFor();
  const done = await known(page);
  await page.reload();
  await page.getByText("Paused", { exact: true }).waitFor();
  await expect.poll(() => known(page)).toBeGreaterThanOrEqual(done);
  expect(await known(page)).toBeLessThan(100);
  expect(await faults(page)).toEqual([]);

  await page.keyboard.press("s");
  const tray = page.getByTestId("act-tray");
  await tray.getByRole("textbox", { name: "Prompt from here on" }).fill("a blue dragon");
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "steer-dark");
  await page.keyboard.press("Enter");
  await tray.waitFor({ state: "detached" });
  await page.getByTestId("mark-steer").waitFor();
  expect((await recipeOf(page)).steering).toMatchObject([{ prompt: "a blue dragon" }]);
  await page.getByRole("button", { name: "Go on" }).click();
  await finished(page).waitFor(WAIT);
  await page.context().close();
});

it("holds what runs while noise is chosen, shows where it will fall, and puts it in", async () => {
  const page = await visit(browser, server.url, { steps: 100 });
  await develop(page, "a green apple");
  await step(page, 8).waitFor(WAIT);
  await page.keyboard.press("Escape");
  await page.keyboard.press("i");
  await page.getByText("It stands still while you decide.").waitFor();
  await page.getByRole("radio", { name: "Blobs" }).click();
  const grain = page.getByTestId("grain").locator("canvas").first();
  const inked = () =>
    grain.evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext("2d");
      const { data } = context?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
      return [...data].filter((value, n) => n % 4 === 3 && value > 0).length / (data.length / 4);
    });
  await expect.poll(inked).toBeGreaterThan(0.02);
  expect(await inked()).toBeLessThan(0.6);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "inject-dark");
  await apply(page).click();
  await page.getByTestId("mark-inject").waitFor();
  await finished(page).waitFor(WAIT);
  const [injection] = (await recipeOf(page)).injections;
  expect(injection).toMatchObject({ pattern: "blobs", strength: 0.8 });
  expect(await page.getByTestId("mark-inject").getAttribute("data-at")).toBe(String(injection.first));
  await page.context().close();
});

it("paints where noise falls, by pointer and by keyboard", async () => {
  const page = await visit(browser, server.url, { steps: 100 });
  await develop(page, "an orange cat");
  await step(page, 8).waitFor(WAIT);
  await page.keyboard.press("Escape");
  await page.keyboard.press("i");
  await page.getByRole("radio", { name: "Paint it" }).click();
  expect(await apply(page).isDisabled()).toBe(true);
  const surface = page.getByTestId("surface");
  const box = await surface.boundingBox();
  if (box === null) throw new Error("There is nothing to paint on.");
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.4, { steps: 8 });
  await page.mouse.up();
  await surface.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await screenshot(page, "paint-dark");
  expect(await faults(page)).toEqual([]);
  await apply(page).click();
  await page.getByTestId("mark-inject").waitFor();
  await finished(page).waitFor(WAIT);
  expect((await recipeOf(page)).injections[0].mask).toMatch(/^img_/);
  await page.context().close();
});

it("branches from a step: a second strip beneath, tied to the first, found again after a reload", async () => {
  const page = await visit(browser, server.url, { steps: 24 });
  await develop(page, "a small dog");
  await finished(page).waitFor(WAIT);
  const parent = generationOf(page);
  await page.keyboard.press("Escape");
  for (let n = 0; n < 15; n++) await page.keyboard.press("ArrowLeft");
  await page.getByText("10 / 24", { exact: true }).waitFor();
  await page.keyboard.press("b");
  await page.getByRole("textbox", { name: "Prompt from here on" }).fill("a small purple dog");
  await screenshot(page, "branch-form-dark");
  await apply(page).click();
  await page.waitForURL((url) => url.searchParams.get("g") !== parent);
  await finished(page).waitFor(WAIT);
  expect(await page.getByTestId("side-strip").count()).toBe(1);
  for (let n = 0; n < 8; n++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("b");
  await page
    .getByRole("spinbutton")
    .or(page.getByRole("textbox", { name: "Guidance" }))
    .first()
    .fill("9");
  await apply(page).click();
  await expect.poll(() => page.getByTestId("side-strip").count()).toBe(2);
  await finished(page).waitFor(WAIT);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "tree-dark");
  await page.reload();
  await expect.poll(() => page.getByTestId("side-strip").count(), WAIT).toBe(2);

  await page.getByTestId("side-strip").first().click();
  await page.waitForURL((url) => url.searchParams.get("g") === parent);
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("menuitem", { name: /purple/ }).click();
  await page.getByRole("slider", { name: /^Compare/ }).waitFor();
  await screenshot(page, "compare-branches-dark");
  await page.context().close();
});

it("stops here and keeps the picture; drags two pins apart; lays all steps out", async () => {
  const page = await visit(browser, server.url, { steps: 100, theme: "light" });
  await develop(page, "a yellow duck");
  await step(page, 20).waitFor(WAIT);
  await page.getByRole("button", { name: "Stop here" }).click();
  await finished(page).waitFor(WAIT);
  const { stop_after } = await recipeOf(page);
  expect(stop_after).toBeGreaterThanOrEqual(20);
  expect(stop_after).toBeLessThan(100);
  await page.getByTestId("mark-stop").waitFor();

  const box = await strip(page).boundingBox();
  if (box === null) throw new Error("There is no strip.");
  await page.mouse.move(box.x + 20, box.y + box.height - 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height - 20, { steps: 6 });
  await page.mouse.up();
  await page.getByRole("slider", { name: /^Compare/ }).waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "drag-compare-light");
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Contact sheet" }).click();
  const sheet = page.getByRole("dialog", { name: "Contact sheet" });
  await sheet.waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "contact-sheet-light");
  await sheet.getByRole("button", { name: "Look at 7 / 100" }).click();
  await page.getByText("7 / 100", { exact: true }).waitFor();
  await page.context().close();
});

it("steps in by touch on a phone of 360 pixels", async () => {
  const page = await visit(browser, server.url, { ...PHONE, steps: 100 });
  await page.getByRole("textbox", { name: "Prompt" }).fill("a white rabbit");
  await page.getByRole("button", { name: "Develop", exact: true }).tap();
  await step(page, 8).waitFor(WAIT);
  await page.getByRole("button", { name: "Inject" }).tap();
  await page.getByRole("radio", { name: "Checkerboard" }).tap();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "inject-phone");
  await apply(page).tap();
  await page.getByTestId("mark-inject").waitFor();
  await finished(page).waitFor(WAIT);
  await strip(page).tap({ position: { x: 80, y: 40 } });
  await page.getByRole("button", { name: /^Branch from step/ }).tap();
  await apply(page).tap();
  await expect.poll(() => page.getByTestId("side-strip").count()).toBe(1);
  await finished(page).waitFor(WAIT);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await screenshot(page, "tree-phone");
  await page.context().close();
});
