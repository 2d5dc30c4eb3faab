// The studio as an installed program: opens without its server, forgets what was somebody else's, and is renewed.
import "./fake";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lineTo } from "./line";
import { develop, faults, finished, launch, screenshot, visit } from "./page";
import { python, type Server, serve } from "./server";

const WAIT = { timeout: 60_000 };
const PASSWORD = "correct horse battery";
const BUILT = join(import.meta.dirname, "..", "..", "src", "safelight", "studio_dist");
let open: Server;
let closed: Server;
let browser: Browser;

beforeAll(async () => {
  const prepare = async (home: string) => {
    for (const name of ["ada", "grace"]) {
      await python(["-m", "safelight", "workspaces", "create", name], { home });
      const args = ["-m", "safelight", "users", "create", name, "--workspace", name, "--role", "creator"];
      await python(args, { home, input: `${PASSWORD}\n${PASSWORD}\n` });
    }
  };
  const settings = { SAFELIGHT_FAKE_STEP_S: "0.01" };
  [open, closed, browser] = await Promise.all([
    serve({ settings }),
    serve({ prepare, settings: { ...settings, SAFELIGHT_ACCESS: "keys" } }),
    launch(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([open?.stop(), closed?.stop()]);
});

const controlled = (page: Page) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller) await new Promise((soon) => setTimeout(soon, 50));
  });
const kept = (page: Page, cache: string): Promise<string[]> =>
  page.evaluate(
    async (name) =>
      (await caches.has(name)) ? (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname) : [],
    cache,
  );
const tiles = (page: Page) => page.locator("[data-picture] img");
const seen = (page: Page) =>
  tiles(page).evaluateAll((all) => all.filter((it) => it instanceof HTMLImageElement && it.naturalWidth > 0).length);

it("can be installed: a manifest whose icons are there and as large as it says", async () => {
  const page = await visit(browser, open.url);
  const href = await page.locator("link[rel=manifest]").getAttribute("href");
  const answer = await fetch(open.url + href);
  expect(answer.headers.get("content-type")).toContain("application/manifest+json");
  const manifest = await answer.json();
  expect(manifest).toMatchObject({ name: "Safelight", display: "standalone", start_url: "/", scope: "/" });
  for (const { src, sizes } of manifest.icons) {
    const width = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return image.naturalWidth;
    }, src);
    if (sizes !== "any") expect(`${width}x${width}`).toBe(sizes);
  }
  expect(manifest.icons.some(({ purpose }: { purpose?: string }) => purpose === "maskable")).toBe(true);
  await controlled(page);
  const client = await page.context().newCDPSession(page);
  const { installabilityErrors } = await client.send("Page.getInstallabilityErrors");
  expect(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito")).toEqual([]);
  await page.context().close();
});

it("opens without its server, with the gallery that was seen last, and says so", async () => {
  const line = await lineTo(open.url);
  const page = await visit(browser, line.url, { steps: 2 });
  await controlled(page);
  await develop(page, "a red dragon");
  await finished(page).waitFor(WAIT);
  await page.getByRole("link", { name: "Gallery" }).click();
  await expect.poll(() => seen(page), WAIT).toBeGreaterThan(0);
  await expect.poll(() => kept(page, "thumbnails"), WAIT).not.toEqual([]);
  line.dead(true);
  await page.goto(`${line.url}/gallery`);
  await page.getByText("Offline. These pictures were seen last.").waitFor(WAIT);
  await expect.poll(() => seen(page), WAIT).toBeGreaterThan(0);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "gallery-offline");
  await page.goto(line.url);
  await page.getByText("The server does not answer.").first().waitFor(WAIT);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "generate-offline");
  // All of it is there, also what was never looked at.
  await page.goto(`${line.url}/settings`);
  await page.getByRole("heading", { name: "Appearance" }).waitFor();
  line.dead(false);
  await page.goto(`${line.url}/gallery`);
  await page.getByText("Ready", { exact: true }).waitFor(WAIT);
  expect(await page.getByText("Offline. These").count()).toBe(0);
  await page.context().close();
  await line.close();
});

async function signIn(context: BrowserContext, url: string, name: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByLabel("Password", { exact: true }).last().fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${url}/`);
  await page.getByText("Ready", { exact: true }).waitFor();
  return page;
}

it("forgets what somebody saw when they leave, and when somebody else comes", async () => {
  const line = await lineTo(closed.url);
  const context = await browser.newContext();
  await context.addInitScript(() => localStorage.setItem("safelight.draft", JSON.stringify({ steps: 2 })));
  const page = await signIn(context, line.url, "ada");
  await controlled(page);
  const shown = async (prompt: string) => {
    await develop(page, prompt);
    await finished(page).waitFor(WAIT);
    await page.getByRole("link", { name: "Gallery" }).click();
    await expect.poll(() => kept(page, "thumbnails"), WAIT).not.toEqual([]);
    await expect.poll(() => kept(page, "pages"), WAIT).not.toEqual([]);
  };
  await shown("a red dragon");
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect([...(await kept(page, "pages")), ...(await kept(page, "thumbnails"))]).toEqual([]);
  line.dead(true);
  await page.goto(`${line.url}/gallery`);
  await page.getByText("The server does not answer.").first().waitFor(WAIT);
  expect(await tiles(page).count()).toBe(0);
  line.dead(false);
  await page.close();

  // Somebody else's session begins without a word to the page: by a cookie of another sign-in.
  const first = await signIn(context, line.url, "ada");
  await first.getByRole("link", { name: "Gallery" }).click();
  await expect.poll(() => kept(first, "thumbnails"), WAIT).not.toEqual([]);
  const other = await browser.newContext();
  await signIn(other, line.url, "grace");
  await context.clearCookies();
  await context.addCookies(await other.cookies());
  await first.goto(`${line.url}/gallery`);
  await first.getByText("Nothing hangs here yet.").waitFor(WAIT);
  expect(await kept(first, "thumbnails")).toEqual([]);
  await other.close();
  await context.close();
  await line.close();
});

it("offers a new version, and takes it up when it is told to", async () => {
  const page = await visit(browser, open.url);
  await controlled(page);
  const path = join(BUILT, "worker.js");
  const before = await readFile(path, "utf-8");
  // As a build would: another worker, of a studio whose page has another script.
  const entry =
    /"\/assets\/(index-[\w-]+\.js)\\?"/.exec(before)?.[1] ?? /assets\/(index-[\w-]+\.js)/.exec(before)?.[1] ?? "";
  const renewed = before.replace(/version\\":\\"\w+/, 'version\\":\\"renewed').replaceAll(entry, "index-renewed.js");
  expect(renewed).not.toBe(before);
  const index = join(BUILT, "index.html");
  const html = await readFile(index, "utf-8");
  const script = await readFile(join(BUILT, "assets", entry));
  const next = join(BUILT, "assets", "index-renewed.js");
  try {
    await Promise.all([
      writeFile(path, renewed),
      writeFile(index, html.replaceAll(entry, "index-renewed.js")),
      writeFile(next, script),
    ]);
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    const offer = page.getByRole("button", { name: "Reload" });
    await offer.waitFor(WAIT);
    expect(await faults(page)).toEqual([]);
    await screenshot(page, "new-version");
    const reloaded = page.waitForEvent("load");
    await offer.click();
    await reloaded;
    await expect.poll(() => page.locator('script[src*="index-renewed"]').count(), WAIT).toBe(1);
    await page.getByText("Ready", { exact: true }).waitFor(WAIT);
    expect((await page.evaluate(() => caches.keys())).filter((name) => name.startsWith("shell-"))).toEqual([
      "shell-renewed",
    ]);
    expect(await page.getByRole("button", { name: "Reload" }).count()).toBe(0);
  } finally {
    await Promise.all([writeFile(path, before), writeFile(index, html), rm(next, { force: true })]);
  }
  await page.context().close();
});
