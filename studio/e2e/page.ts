import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { expect } from "vitest";

const SCREENSHOTS = join(import.meta.dirname, "..", "screenshots");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env.E2E_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

export interface Visit {
  readonly theme?: "dark" | "light";
  readonly width?: number;
  readonly height?: number;
  readonly path?: string;
  /** Steps of the next generation. */
  readonly steps?: number;
  /** Waits until the frame around the page says that the server is ready. */
  readonly ready?: boolean;
  /** Lets the service worker in. Without it, a test sees all requests of the page. */
  readonly worker?: boolean;
  /** What the browser lets pages do unasked. */
  readonly permissions?: readonly string[];
}

/** The other end from the default: the narrowest phone, and the light theme. */
export const PHONE = { theme: "light", width: 360, height: 740 } as const satisfies Visit;

/** Pixels by which the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** The n-th picture that hangs in the gallery. */
export const tile = (page: Page, n: number): Locator => page.locator(`[role=option][aria-posinset="${n}"]`);
export const toast = (page: Page, text: RegExp): Locator =>
  page.getByRole("region", { name: "Messages" }).getByText(text);
/** How many pictures a server has that are like that, up to 200. */
export const found = async (url: string, query: string): Promise<number> =>
  (await (await fetch(`${url}/api/v1/pictures?limit=200&${query}`)).json()).items.length;
/** Fits its window, and axe finds nothing. */
export async function sound(page: Page): Promise<void> {
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  expect(await faults(page)).toEqual([]);
}

/** A visitor with a browser of their own: nothing stored but what is given. Errors on the page, and what its content policy forbids, fail the test. */
export async function visit(browser: Browser, url: string, how: Visit = {}): Promise<Page> {
  const {
    theme = "dark",
    width = 1280,
    height = 800,
    path = "/",
    steps = null,
    ready = true,
    permissions = [],
    worker = true,
  } = how;
  const context = await browser.newContext({
    viewport: { width, height },
    serviceWorkers: worker ? "allow" : "block",
    hasTouch: width < 500,
    permissions: [...permissions],
  });
  await context.addInitScript(
    ([theme, steps]) => {
      localStorage.setItem("safelight.theme", String(theme));
      if (steps && !localStorage.getItem("safelight.draft")) {
        localStorage.setItem("safelight.draft", JSON.stringify({ steps }));
      }
    },
    [theme, steps] as const,
  );
  const page = await context.newPage();
  page.on("pageerror", (error) => {
    throw error;
  });
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) throw new Error(message.text());
  });
  await page.goto(url + path);
  if (ready) await page.getByText("Ready", { exact: true }).first().waitFor(); // the page may list services too
  return page;
}

/** Types a prompt the way a person does: `/`, words, Enter. A person waits until there is something to type into. */
export async function develop(page: Page, prompt: string): Promise<void> {
  const field = page.locator("textarea[enterkeyhint=go]");
  await field.waitFor();
  const focused = () => field.evaluate((it) => it === document.activeElement);
  for (let tries = 0; tries < 50 && !(await focused()); tries++) {
    await page.keyboard.press("/");
    await page.waitForTimeout(50);
  }
  await page.keyboard.type(prompt);
  await page.keyboard.press("Enter");
}

export const step = (page: Page, n: number) => page.locator(`[data-testid=strip] [data-step="${n}"][data-known=true]`);
export const finished = (page: Page) => page.getByText("Finished print", { exact: true });
export const generationOf = (page: Page): string => new URL(page.url()).searchParams.get("g") ?? "";

/** What axe finds wrong once nothing fades in any more, as readable lines. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    const fading = document.getAnimations().filter((it) => it.effect?.getComputedTiming().iterations === 1);
    return Promise.allSettled(fading.map((it) => it.finished));
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} at ${node.target.join(" ")}`));
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}
