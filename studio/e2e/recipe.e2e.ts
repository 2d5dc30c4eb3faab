// Everything that is set before a picture is drawn, and what the server is then asked for.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { develop, faults, finished, generationOf, launch, overflow, screenshot, visit } from "./page";
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

const prompt = (page: Page) => page.getByRole("textbox", { name: "Prompt", exact: true });
const section = (page: Page, name: RegExp) => page.getByRole("button", { name, expanded: false });
const recipeOf = async (page: Page) =>
  (await (await fetch(`${server.url}/api/v1/generations/${generationOf(page)}`)).json()).recipe;

async function drag(page: Page, over: ReturnType<Page["getByTestId"]>): Promise<void> {
  const box = await over.boundingBox();
  if (box === null) throw new Error("There is nothing to drag over.");
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 6 });
  await page.mouse.up();
}

it("shows weights, counts tokens, suggests lists, puts styles around, and enhances with a way back", async () => {
  const page = await visit(browser, server.url, { steps: 6 });
  await prompt(page).fill("a (red:1.5) [pale] dragon in __col");
  await expect.poll(() => page.getByTestId("weights").locator("span[style]").count()).toBe(2);
  await page
    .getByTestId("reading")
    .getByText(/tokens/)
    .waitFor();
  await page.getByRole("option", { name: /__colour__/ }).waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "suggestions-dark");
  await page.keyboard.press("Tab");
  expect(await prompt(page).inputValue()).toBe("a (red:1.5) [pale] dragon in __colour__");

  await page.getByRole("button", { name: "Styles" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Noto sprite" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "1 style" }).waitFor();

  const before = await prompt(page).inputValue();
  await page.getByRole("button", { name: "Enhance" }).click();
  await page.getByRole("menuitem", { name: "More detail" }).click();
  await expect.poll(() => prompt(page).inputValue()).not.toBe(before);
  await screenshot(page, "enhanced-dark");
  expect(await faults(page)).toEqual([]);
  await page.getByRole("button", { name: "Undo" }).click();
  expect(await prompt(page).inputValue()).toBe(before);

  await prompt(page).focus();
  await page.keyboard.press("Enter");
  await finished(page).waitFor(WAIT);
  const recipe = await recipeOf(page);
  expect(recipe).toMatchObject({ prompt_template: before, styles: ["noto"] });
  await prompt(page).fill("an owl of __nothing__");
  await page.getByText("No list of words is called nothing.").waitFor();
  await page.context().close();
});

it("says what the server refuses, keeps the prompt, and goes on", async () => {
  const page = await visit(browser, server.url, { steps: 6, theme: "light" });
  await page.getByTestId("reading").getByText(/s$/).waitFor();
  await develop(page, "a nude child");
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect((await alert.textContent())?.length).toBeGreaterThan(20);
  expect(await prompt(page).inputValue()).toBe("a nude child");
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "refused-light");
  await prompt(page).fill("a kind dragon");
  await alert.waitFor({ state: "detached" });
  await page.context().close();
});

it("starts from an image with a painted mask, takes an image as prompt, and declares noise seen on the print", async () => {
  const page = await visit(browser, server.url, { steps: 10 });
  await develop(page, "a red dragon");
  await finished(page).waitFor(WAIT);

  await section(page, /^Start from an image/).click();
  await page
    .getByRole("button", { name: /as start image/ })
    .first()
    .click();
  await page.getByRole("img", { name: "Start image" }).waitFor();
  await page.getByRole("button", { name: "Paint what is drawn anew" }).click();
  const dialog = page.getByRole("dialog", { name: "What is drawn anew" });
  await drag(page, dialog.getByTestId("surface"));
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "mask-dark");
  await dialog.getByRole("button", { name: "Use this mask" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("strength 0.6, masked").waitFor();

  await section(page, /^Image as prompt/).click();
  const file = { name: "dot.png", mimeType: "image/png", buffer: DOT };
  await page.getByRole("group", { name: "Prompt image" }).locator("input[type=file]").setInputFiles(file);
  await page.getByRole("img", { name: "Prompt image" }).waitFor();

  await section(page, /^Noise under way/).click();
  await page.getByRole("button", { name: "Put noise in" }).click();
  await page.getByRole("radio", { name: "Edges" }).click();
  await page.getByTestId("grain").waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "recipe-noise-dark");
  await page.reload();
  await page.getByText("strength 0.6, masked").waitFor();

  await page.getByRole("button", { name: "Develop", exact: true }).click();
  await expect.poll(async () => (await recipeOf(page)).mask?.image).toMatch(/^img_/);
  expect(await recipeOf(page)).toMatchObject({
    image: { strength: 0.6 },
    prompt_image: { weight: 0.7 },
    injections: [{ pattern: "edges" }],
  });
  await finished(page).waitFor(WAIT);
  await page.context().close();
});

it("says what does not fit before it is asked for, and what a model is", async () => {
  const page = await visit(browser, server.url, { theme: "light" });
  await page.getByText(/^Loaded/).waitFor();
  await page
    .getByTestId("estimate")
    .getByText(/about|under/)
    .waitFor();
  await section(page, /^Sampling/).click();
  await page.getByRole("combobox", { name: "Noise levels" }).click();
  await page.getByRole("option", { name: "Karras" }).click();
  await page.getByRole("combobox", { name: "Sampler" }).click();
  await page.getByRole("option", { name: "Euler", exact: true }).click();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "parameters-light");
  await develop(page, "a lamp");
  await finished(page).waitFor(WAIT);
  expect(await recipeOf(page)).toMatchObject({ sampler: "euler", schedule: "karras" });
  await page.context().close();
});

it("draws a grid, shows it cell by cell, finds it again after a reload, and lets one look into a cell", async () => {
  const page = await visit(browser, server.url, { steps: 6 });
  await prompt(page).fill("a red fish");
  await page.getByRole("button", { name: "Grid" }).click();
  const dialog = page.getByRole("dialog", { name: "Grid" });
  await dialog.getByRole("textbox", { name: "Values" }).fill("3, x");
  await dialog.getByText("Numbers, please, with commas between them.").waitFor();
  await dialog.getByRole("textbox", { name: "Values" }).fill("3 to 7 by 2");
  await dialog.getByRole("button", { name: "Vary something else, too" }).click();
  await dialog.getByRole("textbox", { name: "Words in its place" }).fill("red, blue");
  await dialog.getByRole("textbox", { name: "Replaces" }).fill("red");
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "grid-dark");
  await dialog.getByRole("button", { name: "Develop 6 pictures" }).click();
  await page.getByTestId("batch").waitFor();
  await page.getByText(/[2-6] of 6 pictures/).waitFor(WAIT);
  await screenshot(page, "batch-running-dark");
  await page.reload();
  await page.getByText("6 of 6 pictures").waitFor(WAIT);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "batch-dark");
  expect(await page.getByRole("link", { name: "Download the sheet" }).getAttribute("href")).toContain("/grid");
  await page.getByRole("button", { name: "5 · blue: finished" }).click();
  await finished(page).waitFor(WAIT);
  expect(await recipeOf(page)).toMatchObject({ guidance: 5, prompt: "a blue fish" });
  await page.getByRole("button", { name: "Back to the sheet" }).click();
  await page.getByTestId("batch").waitFor();
  await page.getByRole("button", { name: "Put the sheet away" }).click();
  await page.getByText("Nothing in the tray yet.").waitFor();
  await page.context().close();
});

it("sets all of it by touch on a phone of 360 pixels", async () => {
  const page = await visit(browser, server.url, { width: 360, height: 740, steps: 6 });
  await prompt(page).fill("a small boat");
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await screenshot(page, "prompt-phone");
  await page.getByRole("button", { name: "Parameters" }).tap();
  await section(page, /^Noise under way/).tap();
  await page.getByRole("button", { name: "Put noise in" }).tap();
  await page.getByRole("radio", { name: "Paint it" }).tap();
  const dialog = page.getByRole("dialog", { name: "Where the noise falls" });
  await dialog.getByTestId("surface").tap({ position: { x: 60, y: 60 } });
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "mask-phone");
  await dialog.getByRole("button", { name: "Use this mask" }).tap();
  await dialog.waitFor({ state: "detached" });
  await screenshot(page, "noise-phone");
  await page.getByRole("button", { name: "Done" }).tap();
  await page.getByRole("dialog", { name: "Parameters" }).waitFor({ state: "detached" });
  expect(await faults(page)).toEqual([]);
  await page.getByRole("button", { name: "Grid" }).tap();
  await page.getByRole("dialog", { name: "Grid" }).waitFor();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "grid-phone");
  await page.context().close();
});

/** A PNG of one red pixel. */
const DOT = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);
