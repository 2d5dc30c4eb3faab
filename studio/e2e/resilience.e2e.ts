// Whatever breaks in mid-generation, the page comes back to the same development view, and one picture was drawn.
import "./fake";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lineTo } from "./line";
import { develop, finished, generationOf, launch, step, visit } from "./page";
import { type Server, serve } from "./server";

const WAIT = { timeout: 100_000 };
const STEPS = 60;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve({ settings: { SAFELIGHT_FAKE_STEP_S: "0.1" } }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const known = (page: Page): Promise<number> => page.locator("[data-testid=strip] [data-known=true]").count();

/** Ends in the print of the generation that was begun, with every step of it, and no other was begun. */
async function whole(page: Page, generation: string, prompt: string): Promise<void> {
  await finished(page).waitFor(WAIT);
  expect(generationOf(page)).toBe(generation);
  await expect.poll(() => known(page), WAIT).toBe(STEPS + 1);
  await page.getByTestId("print").locator(`img[alt*="${prompt}"]`).first().waitFor(WAIT);
  const { items } = await (await fetch(`${server.url}/api/v1/generations?limit=50`)).json();
  expect(items.filter((one: { recipe: { prompt: string } }) => one.recipe.prompt === prompt)).toHaveLength(1);
}

it("comes back after a reload, a closed tab, and on another device", async () => {
  const page = await visit(browser, server.url, { steps: STEPS });
  await develop(page, "a red dragon");
  await step(page, 4).waitFor(WAIT);
  const generation = generationOf(page);
  const address = page.url();
  await page.reload();
  await step(page, 4).waitFor(WAIT);
  await page.close();

  const again = await page.context().newPage();
  await again.goto(address);
  await step(again, 4).waitFor(WAIT);
  const elsewhere = await visit(browser, server.url, { path: `/?g=${generation}`, width: 360, height: 740 });
  await step(elsewhere, 4).waitFor(WAIT);
  await whole(again, generation, "a red dragon");
  await whole(elsewhere, generation, "a red dragon");
  await again.context().close();
  await elsewhere.context().close();
});

it("sees every step over a line that breaks again and again", async () => {
  const line = await lineTo(server.url);
  const page = await visit(browser, line.url, { steps: STEPS });
  await develop(page, "a blue rocket");
  await step(page, 3).waitFor(WAIT);
  const generation = generationOf(page);
  for (const at of [3, 12, 25]) {
    await step(page, at).waitFor(WAIT);
    line.cut();
  }
  await whole(page, generation, "a blue rocket");
  await page.context().close();
  await line.close();
});

// Last, because a server that does not come back fails whatever follows.
it("comes back to the view it had when the server is killed in mid-generation", async () => {
  const page = await visit(browser, server.url, { steps: STEPS });
  await develop(page, "a white rabbit");
  await step(page, 8).waitFor(WAIT);
  const generation = generationOf(page);
  // What is looked at stays what is looked at.
  await page.keyboard.press("Escape");
  for (let n = 0; n < 3; n++) await page.keyboard.press("ArrowLeft");
  const pinned = await page.getByTestId("print").getAttribute("data-position");
  await server.crash();
  await step(page, 20).waitFor({ timeout: 200_000 });
  expect(await page.getByTestId("print").getAttribute("data-position")).toBe(pinned);
  await page.keyboard.press("Escape");
  await whole(page, generation, "a white rabbit");
  await page.context().close();
}, 400_000);
