// Generate by touch on a phone of 360 pixels in the light: everything before, while and after a picture develops.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { finished, generationOf, launch, PHONE, screenshot, sound, step, visit } from "./page";
import { type Server, serve } from "./server";

const WAIT = { timeout: 100_000 };
let server: Server;
let browser: Browser;

beforeAll(async () => {
  const settings = { SAFELIGHT_FAKE_STEP_S: "0.08", SAFELIGHT_RUNNING_LIMIT: "1" };
  [server, browser] = await Promise.all([serve({ engine: "fake", settings }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const prompt = (page: Page) => page.getByRole("textbox", { name: "Prompt", exact: true });
const tap = (page: Page, name: string | RegExp): Promise<void> =>
  page
    .getByRole("button", { name, exact: typeof name === "string" })
    .first()
    .tap();
const recipeOf = async (page: Page) =>
  (await (await fetch(`${server.url}/api/v1/generations/${generationOf(page)}`)).json()).recipe;
const at = async (steps: number): Promise<Page> => {
  const page = await visit(browser, server.url, { ...PHONE, steps });
  page.setDefaultTimeout(20_000);
  return page;
};
async function develop(page: Page, words: string): Promise<void> {
  await prompt(page).fill(words);
  await tap(page, "Develop");
}

it("writes a prompt with lists, styles and help, and puts the help away", async () => {
  const page = await at(6);
  await prompt(page).fill("a (red:1.5) dragon in __col");
  await page.getByRole("option", { name: /__colour__/ }).tap();
  expect(await prompt(page).inputValue()).toBe("a (red:1.5) dragon in __colour__");
  await tap(page, "Styles");
  await page.getByRole("menuitemcheckbox").first().tap();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "1 style" }).waitFor();
  const before = await prompt(page).inputValue();
  await tap(page, "Enhance");
  await page.getByRole("menuitem", { name: "More detail" }).tap();
  await expect.poll(() => prompt(page).inputValue()).not.toBe(before);
  await sound(page);
  await screenshot(page, "touch-prompt");
  await tap(page, "Undo");
  expect(await prompt(page).inputValue()).toBe(before);
  await develop(page, "a nude child");
  await page.getByRole("alert").waitFor();
  await sound(page);
  await page.context().close();
});

it("pauses, steers, goes on, stops here, lays out all steps, and compares", async () => {
  const page = await at(100);
  await develop(page, "a red dragon");
  await step(page, 6).waitFor(WAIT);
  await tap(page, "Pause");
  await page.getByText("Paused", { exact: true }).waitFor();
  await tap(page, "Steer");
  await page.getByTestId("act-tray").getByRole("textbox", { name: "Prompt from here on" }).fill("a blue dragon");
  await sound(page);
  await screenshot(page, "touch-steer");
  await page.getByTestId("apply").tap();
  await page.getByTestId("mark-steer").waitFor();
  await tap(page, "Go on");
  await step(page, 12).waitFor(WAIT);
  await tap(page, "Stop here");
  await finished(page).waitFor(WAIT);
  expect((await recipeOf(page)).steering).toMatchObject([{ prompt: "a blue dragon" }]);
  await tap(page, "Contact sheet");
  const sheet = page.getByRole("dialog", { name: "Contact sheet" });
  await sheet.waitFor();
  await sound(page);
  await screenshot(page, "touch-sheet");
  await sheet.getByRole("button", { name: "Look at 7 / 100" }).tap();
  await page.getByText("7 / 100", { exact: true }).waitFor();
  await tap(page, "Compare");
  await page.getByRole("slider", { name: /^Compare/ }).waitFor();
  await sound(page);
  await screenshot(page, "touch-pins");
  await page.context().close();
});

it("calls off what runs, reorders what waits, and reproduces what was drawn", async () => {
  const page = await at(4);
  const ask = (prompt: string, steps: number) =>
    page.request.post(`${server.url}/api/v1/generations`, { data: { prompt, steps } });
  await ask("first", 150);
  for (const words of ["second", "third"]) await ask(words, 3);
  await page.reload();
  await tap(page, "2 wait");
  await tap(page, "Sooner: “third”");
  const line = page.getByRole("dialog").getByRole("listitem");
  await line.nth(1).getByText("third").waitFor();
  await sound(page);
  await screenshot(page, "touch-queue");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel “first”" }).tap();
  await page.getByText("Nothing waits.").waitFor(WAIT);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).tap();
  await develop(page, "a green apple");
  await finished(page).waitFor(WAIT);
  await tap(page, "Reproduce");
  await page.getByText(/identical|every pixel|the same/i).waitFor(WAIT);
  await sound(page);
  await page.context().close();
});

it("starts from a picture with a painted mask, and takes one as prompt", async () => {
  const page = await at(6);
  await develop(page, "a yellow duck");
  await finished(page).waitFor(WAIT);
  await tap(page, "Parameters");
  await tap(page, /^Start from an image/);
  await tap(page, /as start image/);
  await page.getByRole("img", { name: "Start image" }).waitFor();
  await tap(page, "Paint what is drawn anew");
  const dialog = page.getByRole("dialog", { name: "What is drawn anew" });
  await dialog.getByTestId("surface").tap({ position: { x: 80, y: 80 } });
  await sound(page);
  await screenshot(page, "touch-mask");
  await dialog.getByRole("button", { name: "Use this mask" }).tap();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("strength 0.6, masked").waitFor();
  await tap(page, /^Image as prompt/);
  await tap(page, /as prompt image/);
  await page.getByRole("img", { name: "Prompt image" }).waitFor();
  await sound(page);
  await tap(page, "Done");
  await tap(page, "Develop");
  await expect.poll(async () => (await recipeOf(page)).mask?.image).toMatch(/^img_/);
  expect(await recipeOf(page)).toMatchObject({ image: { strength: 0.6 }, prompt_image: { weight: 0.7 } });
  await finished(page).waitFor(WAIT);
  await page.context().close();
});

it("makes a film of what was drawn", async () => {
  const page = await at(4);
  await develop(page, "a film of a fish");
  await finished(page).waitFor(WAIT);
  await page.goto(`${server.url}/gallery?q=film`);
  await page.getByRole("option", { name: /film/ }).first().tap();
  await tap(page, "Time-lapse");
  await tap(page, "Make it");
  await page.getByTestId("film").waitFor();
  await sound(page);
  await screenshot(page, "touch-film");
  await page.context().close();
});
