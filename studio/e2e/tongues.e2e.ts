// Six languages, and pages that are read from the right.
import "./fake";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { faults, launch, overflow, screenshot, step, visit } from "./page";
import { type Server, serve } from "./server";

const WAIT = { timeout: 60_000 };
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve({ settings: { SAFELIGHT_FAKE_STEP_S: "0.02" } }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const PAGES = ["/", "/gallery", "/models", "/settings", "/admin", "/docs", "/about"] as const;
/** The one with the longest words and one without spaces; `E2E_LANGUAGES=all` goes through every one. */
const LANGUAGES = [
  ["de", "Bereit", "Entwickeln", "Einstellungen"],
  ["fr", "Prêt", "Développer", "Réglages"],
  ["es", "Listo", "Revelar", "Ajustes"],
  ["zh", "就绪", "显影", "设置"],
  ["ja", "準備完了", "現像", "設定"],
] as const;

const remembered = async (page: Page, key: string, value: string): Promise<void> => {
  await page.evaluate(([key, value]) => localStorage.setItem(`safelight.${key}`, value), [key, value] as const);
};
const heading = (page: Page) => page.getByRole("heading", { level: 1 });

it("changes its language where one is, and keeps it", async () => {
  const page = await visit(browser, server.url, { path: "/settings", worker: false });
  const scripts: string[] = [];
  page.on("request", (request) => scripts.push(new URL(request.url()).pathname));
  expect(await faults(page)).toEqual([]);
  await page.getByRole("combobox", { name: "Language" }).click();
  await page.getByRole("option", { name: "Deutsch" }).click();
  await page.getByRole("heading", { name: "Aussehen" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
  expect(await page.title()).toBe("Einstellungen · Safelight");
  // One file more, and neither the page nor another language.
  expect(scripts.filter((path) => /assets\/(de|fr|es|zh|ja)-/.test(path))).toHaveLength(1);
  expect(scripts).not.toContain("/settings");
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("combobox");
  await page.reload();
  await page.getByRole("combobox", { name: "Sprache" }).click();
  await page.getByRole("option", { name: "Wie der Browser" }).click();
  await page.getByRole("heading", { name: "Appearance" }).waitFor();
  await page.context().close();
});

it("says so when a language cannot be fetched, and speaks on", async () => {
  const page = await visit(browser, server.url, { path: "/settings", worker: false });
  await page.context().route(/assets\/fr-/, (route) => route.abort());
  await page.getByRole("combobox", { name: "Language" }).click();
  await page.getByRole("option", { name: "Français" }).click();
  await page.getByRole("alert").getByText("could not be fetched").waitFor();
  await page.getByRole("heading", { name: "Appearance" }).waitFor();
  await remembered(page, "language", "fr");
  await page.reload();
  await page.getByRole("heading", { name: "Appearance" }).waitFor();
  await page.context().close();
});

it.each(process.env.E2E_LANGUAGES === "all" ? LANGUAGES : LANGUAGES.filter(([tongue]) => "de ja".includes(tongue)))(
  "speaks %s on every page, of any width, and to those who listen",
  async (tongue, ready, act, settings) => {
    const page = await visit(browser, server.url, { path: "/about" });
    await remembered(page, "language", tongue);
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
      for (const path of PAGES) {
        await page.goto(server.url + path);
        await page.getByText(ready, { exact: true }).waitFor();
        expect(await overflow(page), `${path} at ${width}`).toBeLessThanOrEqual(0);
      }
      await page.goto(`${server.url}/settings`);
      await expect.poll(() => heading(page).textContent()).toBe(settings);
      expect(await faults(page)).toEqual([]);
      await screenshot(page, `settings-${tongue}-${width}`);
      await page.goto(server.url);
      await page.getByRole("textbox").first().fill("a red dragon");
      await page.getByRole("button", { name: act, exact: true }).click();
      await step(page, 2).waitFor(WAIT);
      await page.getByTestId("strip").locator("[data-step]").last().waitFor();
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(await faults(page)).toEqual([]);
      await screenshot(page, `generate-${tongue}-${width}`);
    }
    await page.context().close();
  },
);

it.each([
  ["dark", 1280, 800],
  ["light", 360, 740],
] as const)("can be read from the right: %s at %i pixels", async (theme, width, height) => {
  const page = await visit(browser, server.url, { path: "/about", theme, width, height });
  await remembered(page, "direction", "rtl");
  for (const path of PAGES) {
    await page.goto(server.url + path);
    await page.getByText("Ready", { exact: true }).waitFor();
    expect(await page.evaluate(() => document.documentElement.dir)).toBe("rtl");
    // What sticks out to the left cannot be scrolled to at all.
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll("main *, header *")]
        .filter((it) => getComputedStyle(it).position !== "absolute" && it.getBoundingClientRect().width > 1)
        .filter((it) => it.getBoundingClientRect().left < -1 && it.closest("[class*=overflow],.sr-only") === null)
        .map((it) => it.outerHTML.slice(0, 120)),
    );
    expect(outside, path).toEqual([]);
    expect(await overflow(page), path).toBeLessThanOrEqual(0);
    expect(await faults(page), path).toEqual([]);
    await screenshot(page, `rtl-${path.slice(1) || "generate"}-${width}`);
  }
  await page.context().close();
});
