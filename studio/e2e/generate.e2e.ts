// The page against a real server and a real browser. `E2E_ENGINE=fake` draws without the embedded model.
import { createHash } from "node:crypto";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { develop, faults, finished, generationOf, launch, overflow, screenshot, step, visit } from "./page";
import { type Server, serve } from "./server";

const WAIT = { timeout: 100_000 };
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const countGenerations = async (): Promise<number> =>
  (await (await fetch(`${server.url}/api/v1/generations?limit=100`)).json()).items.length;

/** Pictures that were painted large, by content. */
async function watchFrames(page: Page): Promise<Set<string>> {
  const seen = new Set<string>();
  page.on("response", async (response) => {
    if (!response.url().includes("/frames/")) return;
    const body = await response.body().catch(() => null);
    if (body) seen.add(createHash("sha256").update(body).digest("hex"));
  });
  await page.evaluate(() => {
    const painted: string[] = [];
    Object.assign(globalThis, { painted });
    new MutationObserver(() => {
      const source = document.querySelector<HTMLImageElement>("[data-testid=print] img:last-child")?.src;
      if (source && !painted.includes(source)) painted.push(source);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  return seen;
}

it("develops a picture step by step, says so sparingly, and hangs it up", async () => {
  const page = await visit(browser, server.url, { steps: 30 });
  await screenshot(page, "empty-dark");
  const frames = await watchFrames(page);
  await page.evaluate(() => {
    const said: string[] = [];
    const announcer = document.querySelector("[data-testid=announcer]");
    Object.assign(globalThis, { said });
    if (announcer)
      new MutationObserver(() => said.push(announcer.textContent ?? "")).observe(announcer, {
        characterData: true,
        childList: true,
        subtree: true,
      });
  });
  await develop(page, "a red dragon");
  await step(page, 12).waitFor(WAIT);
  await screenshot(page, "running-dark");
  await finished(page).waitFor(WAIT);
  await screenshot(page, "finished-dark");

  expect(frames.size).toBeGreaterThanOrEqual(10);
  const painted = await page.evaluate(() => (globalThis as unknown as { painted: string[] }).painted);
  expect(painted.filter((source) => source.includes("/frames/")).length).toBeGreaterThanOrEqual(10);
  await expect.poll(() => page.locator("[data-testid=print] img").last().getAttribute("src")).toMatch(/\/file$/);
  const said = await page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
  expect(said.length).toBeLessThanOrEqual(7);
  expect(said.at(-1)).toContain("Finished");
  await page.getByRole("button", { name: "Open “a red dragon”" }).waitFor();
  await page.context().close();
});

it("finds its generation again after a reload in mid-run, and runs it once", async () => {
  const before = await countGenerations();
  const page = await visit(browser, server.url, { steps: 120 });
  await develop(page, "a green apple");
  await step(page, 10).waitFor(WAIT);
  const id = generationOf(page);
  await page.reload();
  await step(page, 14).waitFor(WAIT);
  expect(await page.getByTestId("stop").isVisible()).toBe(true);
  expect(generationOf(page)).toBe(id);

  const second = await visit(browser, server.url);
  await second.waitForURL(`**/?g=${id}`);
  await second.context().close();

  await finished(page).waitFor(WAIT);
  expect(await page.locator("[data-testid=strip] [data-known=true]").count()).toBe(121);
  expect(await countGenerations()).toBe(before + 1);
  await page.context().close();
});

it("stops at a step, keeps what there is, and develops again", async () => {
  const page = await visit(browser, server.url, { steps: 200 });
  await develop(page, "a blue rocket");
  await step(page, 5).waitFor(WAIT);
  await page.getByTestId("stop").click();
  await page.getByText(/Stopped at step \d+ of 200/).waitFor();
  await screenshot(page, "stopped-dark");
  const stopped = generationOf(page);
  await page.getByRole("button", { name: "Develop again" }).click();
  await page.waitForURL((url) => url.searchParams.get("g") !== stopped);
  await step(page, 2).waitFor(WAIT);
  await page.getByTestId("stop").click();
  await page.getByText(/Stopped at step/).waitFor();
  await page.context().close();
});

it("can be used by keyboard alone", async () => {
  const page = await visit(browser, server.url, { steps: 8 });
  await develop(page, "an orange cat");
  await finished(page).waitFor(WAIT);
  await page.keyboard.press("Escape");
  for (let n = 0; n < 4; n++) await page.keyboard.press("ArrowLeft");
  await page.getByText("5 / 8", { exact: true }).waitFor();
  await page.keyboard.press("c");
  const slider = page.getByRole("slider", { name: /^Compare/ });
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  expect(await slider.inputValue()).toBe("51");
  await screenshot(page, "compare-dark");
  await page.keyboard.press("Escape");
  await finished(page).waitFor();

  const keys = page.getByRole("button", { name: /All keys/ });
  await keys.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => keys.evaluate((button) => button === document.activeElement)).toBe(true);

  await page.keyboard.press("Escape"); // puts the button's hint away
  await page.keyboard.press("Escape");
  await page.getByText("Nothing in the tray yet.").waitFor();
  expect(generationOf(page)).toBe("");
  await page.context().close();
});

it("develops several prints side by side, and opens one with its recipe and its steps", async () => {
  const page = await visit(browser, server.url, { steps: 8 });
  await page.getByRole("radio", { name: "4", exact: true }).click();
  await develop(page, "a purple fish");
  await finished(page).waitFor(WAIT);
  const prints = page.getByTestId("print");
  expect(await prints.count()).toBe(4);
  const seed = Number((await page.getByRole("button", { name: /Copy the seed/ }).textContent())?.replace(/\D/g, ""));
  await page.getByRole("button", { name: "Print 3 of 4" }).click();
  await page.getByRole("button", { name: `Copy the seed ${(seed + 2) % 2 ** 32}` }).waitFor();
  await page.getByTestId("strip").hover({ position: { x: 5, y: 40 } });
  for (const print of await prints.all()) expect(await print.getAttribute("data-position")).toBe("1");
  await screenshot(page, "several-dark");

  const id = generationOf(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByText("Nothing in the tray yet.").waitFor();
  await page.getByRole("button", { name: "Open “a purple fish”" }).first().click();
  await page.getByRole("button", { name: "See its steps" }).click();
  await finished(page).waitFor(WAIT);
  expect(generationOf(page)).toBe(id);
  await step(page, 8).waitFor(WAIT);
  await page.context().close();
});

/** Tab until something has the focus. */
async function reach(page: Page, wanted: Locator): Promise<void> {
  await wanted.waitFor();
  for (let n = 0; n < 80; n++) {
    if (await wanted.evaluate((it) => it === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Nothing leads to ${wanted}.`);
}

it("goes from a prompt to a shared link by keyboard alone", async () => {
  const page = await visit(browser, server.url, { steps: 4 });
  await develop(page, "a green frog by keyboard");
  await finished(page).waitFor(WAIT);
  await page.keyboard.press("Escape");
  await reach(page, page.getByRole("link", { name: "Gallery" }));
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "a green frog by keyboard" }).waitFor();
  await reach(page, page.getByRole("listbox"));
  await page.keyboard.press("Enter");
  await reach(page, page.getByRole("dialog").getByRole("button", { name: "Share" }));
  await page.keyboard.press("Enter");
  const sharing = page.getByRole("dialog", { name: "Share this picture" });
  await reach(page, sharing.getByRole("button", { name: "Make a link" }));
  await page.keyboard.press("Enter");
  const link = await sharing.getByRole("textbox", { name: "Link" }).inputValue();
  const guest = await visit(browser, "", { path: link, ready: false });
  await reach(guest, guest.getByRole("link", { name: "Download" }));
  await guest.context().close();
  await page.context().close();
});

it("reaches every control by Tab, each with a visible focus", async () => {
  const page = await visit(browser, server.url);
  const reached = new Set<string>();
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press("Tab");
    const [name, outlined] = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement;
      const lit = (it: Element | null) => it !== null && getComputedStyle(it).outlineStyle !== "none";
      return [
        at.getAttribute("aria-label") ?? at.textContent ?? "",
        lit(at) || lit(at.parentElement) || lit(at.closest("form > div")),
      ] as const;
    });
    if (await page.evaluate(() => document.activeElement === document.body)) break;
    expect(outlined, `focus on “${name}”`).toBe(true);
    reached.add(name);
  }
  for (const name of ["Theme", "Steps", "Guidance", "Develop", "Keep this seed", "Hide parameters"]) {
    expect([...reached]).toContain(name);
  }
  await page.context().close();
});

it.each(["dark", "light"] as const)("is free of accessibility faults in the %s theme", async (theme) => {
  const page = await visit(browser, server.url, { theme, steps: 200 });
  expect(await faults(page)).toEqual([]);
  await screenshot(page, `empty-${theme}`);
  await develop(page, "a small blue bird");
  await step(page, 6).waitFor(WAIT);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, `running-${theme}`);
  // On a busy machine the scan may take longer than the generation: then there is nothing to stop any more.
  await page
    .getByTestId("stop")
    .click({ timeout: 3_000 })
    .catch(() => undefined);
  await page.getByText(/Stopped at step|Finished print/).waitFor();
  expect(await faults(page)).toEqual([]);
  await page.getByRole("navigation").getByRole("button").first().click();
  await page.getByRole("dialog").waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, `picture-${theme}`);
  await page.getByRole("button", { name: "Use this recipe" }).click();
  expect(await page.getByRole("textbox", { name: "Prompt" }).inputValue()).not.toBe("");
  await page.context().close();
});

it("fits a phone of 360 pixels", async () => {
  const page = await visit(browser, server.url, { width: 360, height: 740, steps: 60 });
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.getByRole("textbox", { name: "Prompt" }).fill("a yellow duck");
  await page.getByRole("button", { name: "Develop" }).tap();
  await step(page, 8).waitFor(WAIT);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "running-phone");
  await page.getByRole("button", { name: "Parameters" }).tap();
  await page.getByRole("dialog", { name: "Parameters" }).waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "parameters-phone");
  await page.keyboard.press("Escape");
  await finished(page).waitFor(WAIT);
  await screenshot(page, "finished-phone");
  await page.context().close();
});

it("says what is wrong, and what to do", async () => {
  const page = await visit(browser, server.url);
  await page.getByText("Nothing in the tray yet.").waitFor();
  await page.getByRole("textbox", { name: "Prompt" }).fill("   ");
  await page.keyboard.press("Enter");
  await page.getByText("Describe a picture first.").waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "no-prompt");

  await page.goto(`${server.url}/?g=gen_that_never_was`);
  await page.getByText("This generation is no longer known.").waitFor();
  await page.getByRole("button", { name: "Start anew" }).click();
  await page.getByText("Nothing in the tray yet.").waitFor();

  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Ready" }).click();
  await page.getByRole("heading", { name: "The server does not answer." }).waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "offline");
  await page.context().setOffline(false);
  await page.getByText("Nothing in the tray yet.").waitFor();
  await page.context().close();
});

// Last, because a server that does not come back fails whatever follows.
it("outlives its server", async () => {
  const page = await visit(browser, server.url, { steps: 150 });
  await develop(page, "a white rabbit");
  await step(page, 8).waitFor(WAIT);
  await server.crash();
  await finished(page).waitFor({ timeout: 200_000 });
  expect(await page.locator("[data-testid=strip] [data-known=true]").count()).toBe(151);
  await page.context().close();
}, 400_000);
