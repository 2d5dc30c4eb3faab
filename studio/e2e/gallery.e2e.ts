// The gallery against a real server with a few thousand pictures in it.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { faults, found, launch, overflow, screenshot, tile, toast, visit } from "./page";
import { python, type Server, serve } from "./server";

const COUNT = Number(process.env.E2E_PICTURES ?? 2000);
let server: Server;
let browser: Browser;

beforeAll(async () => {
  const seed = join(import.meta.dirname, "seed.py");
  const prepare = async (home: string) => void (await python([seed, home, String(COUNT)], { home }));
  [server, browser] = await Promise.all([serve({ prepare, engine: "fake" }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const count = (query: string): Promise<number> => found(server.url, query);
const gallery = async (how: Parameters<typeof visit>[2] = {}): Promise<Page> => {
  const page = await visit(browser, server.url, { path: "/gallery", ...how });
  page.setDefaultTimeout(12_000);
  return page;
};

it("finds pictures by words, folder, tag and order, and writes it into the address", async () => {
  const page = await gallery();
  await tile(page, 1).waitFor();
  await screenshot(page, "gallery-dark");
  await page.keyboard.press("/");
  await page.keyboard.type("golden owl");
  await page.waitForURL(/q=golden\+owl/);
  await expect.poll(() => tile(page, 1).getAttribute("aria-label")).toMatch(/golden owl/);
  await page.getByRole("button", { name: "Clear the search" }).click();
  await page.getByRole("button", { name: /^folder 3, / }).click();
  await page.waitForURL(/folder=folder\+3/);
  await page.getByRole("button", { name: /^common, / }).click();
  await page.waitForURL(/tag=common/);
  await tile(page, 1).waitFor();
  await page.reload();
  await tile(page, 1).waitFor();
  expect(await page.getByRole("button", { name: /^common, / }).getAttribute("aria-pressed")).toBe("true");
  await page.getByRole("searchbox").fill("nobodywrotethis");
  await page.getByText("No picture is like that.").waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "gallery-none");
  await page.getByRole("button", { name: "Show all pictures" }).click();
  await tile(page, 30).waitFor();
  await page.context().close();
});

it("is used by keyboard alone: goes, selects, marks, tags, moves, trashes, and undoes", async () => {
  const page = await gallery({ path: "/gallery?folder=folder 5" });
  await tile(page, 1).waitFor();
  const before = await count("folder=folder 5");
  await page.getByRole("listbox").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+ArrowRight");
  await page.getByRole("toolbar", { name: "2 pictures selected" }).waitFor();
  await page.keyboard.press("t");
  await page.getByRole("combobox", { name: "Tags, with commas between them" }).waitFor();
  await page.keyboard.type("night, Fog");
  await page.keyboard.press("Enter");
  await toast(page, /2 pictures tagged/).waitFor();
  await page.getByRole("button", { name: /^fog, 2 pictures/ }).waitFor();
  expect(await count("tag=night")).toBe(2);
  await page.keyboard.press("f");
  await toast(page, /marked as favourites|no longer/).waitFor();
  await page.keyboard.press("m");
  await page.getByRole("combobox", { name: "Folder" }).waitFor();
  await page.keyboard.type("Best of");
  await page.keyboard.press("Enter");
  await toast(page, /moved to “Best of”/).waitFor();
  await expect.poll(() => count("folder=folder 5")).toBe(before - 2);
  await toast(page, /moved to “Best of”/)
    .locator("..")
    .getByRole("button", { name: "Undo" })
    .click();
  await expect.poll(() => count("folder=folder 5")).toBe(before);
  await page.getByRole("listbox").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Escape");
  const first = await tile(page, 1).getAttribute("data-picture");
  await page.keyboard.press("Delete");
  await toast(page, /1 picture put into the trash/).waitFor();
  await expect.poll(() => tile(page, 1).getAttribute("data-picture")).not.toBe(first);
  await toast(page, /put into the trash/)
    .locator("..")
    .getByRole("button", { name: "Undo" })
    .click();
  await expect.poll(() => tile(page, 1).getAttribute("data-picture")).toBe(first);
  expect(await faults(page)).toEqual([]);
  await page.context().close();
});

it("takes back what the server did not do, and says so", async () => {
  const page = await gallery({ path: "/gallery?folder=folder 6" });
  await tile(page, 1).click({ modifiers: ["Control"] });
  const id = await tile(page, 1).getAttribute("data-picture");
  await page.route("**/pictures/bulk", (route) => route.abort());
  await page.getByRole("toolbar").getByRole("button", { name: "Put into the trash" }).click();
  await toast(page, /Nothing was changed/).waitFor();
  expect(await tile(page, 1).getAttribute("data-picture")).toBe(id);
  await page.context().close();
});

it("shows one picture with its recipe, shares it with somebody without an account, and takes the link back", async () => {
  const page = await gallery({ permissions: ["clipboard-read", "clipboard-write"] });
  await tile(page, 2).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("number").first().waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "picture-page-dark");
  await page.keyboard.press("ArrowRight");
  await page.waitForURL(/picture=pic_/);
  await dialog.getByRole("button", { name: "Copy the recipe" }).click();
  await toast(page, /Copied/).waitFor();
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())).steps).toBe(20);

  await dialog.getByRole("button", { name: "Share" }).click();
  const sharing = page.getByRole("dialog", { name: "Share this picture" });
  await sharing.getByRole("checkbox").check();
  await sharing.getByRole("button", { name: "Make a link" }).click();
  const link = await sharing.getByRole("textbox", { name: "Link" }).inputValue();
  await sharing.getByText(/with the recipe/).waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "share-dark");
  const guest = await visit(browser, "", { path: link, ready: false });
  await guest.getByRole("link", { name: "Download" }).waitFor();
  expect(await faults(guest)).toEqual([]);
  await screenshot(guest, "shared-dark");
  await sharing.getByRole("button", { name: "Revoke" }).click();
  await toast(page, /revoked/).waitFor();
  await guest.reload();
  await guest.getByText("This link shows nothing.").waitFor();
  await guest.context().close();

  await page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "Develop again" }).click();
  await expect.poll(() => page.getByRole("textbox", { name: "Prompt" }).inputValue()).toMatch(/number/);
  await page.context().close();
});

it("compares two, and brings files in", async () => {
  const page = await gallery();
  const drawn = await readFile(join(import.meta.dirname, "..", "public", "icons", "512.png"));
  await writeFile(join(server.home, "broken.png"), "no picture at all");
  await page.getByRole("button", { name: "Import" }).click();
  await page.getByTestId("files").setInputFiles([
    { name: "mine.png", mimeType: "image/png", buffer: drawn },
    { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture at all") },
    { name: "words.txt", mimeType: "text/plain", buffer: Buffer.from("words") },
  ]);
  await page.getByText("3 of 3 done").waitFor();
  expect(await page.getByText("Refused").count()).toBe(2);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "import-dark");
  await page.keyboard.press("Escape");
  await expect.poll(() => tile(page, 1).getAttribute("aria-label")).toMatch(/unknown|studio|import/i);
  await tile(page, 1).click({ modifiers: ["Control"] });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("toolbar").getByRole("button", { name: "Download", exact: true }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/zip$/);
  await page.keyboard.press("Escape");
  await tile(page, 2).click({ modifiers: ["Control"] });
  await tile(page, 3).click({ modifiers: ["Shift"] });
  await page.keyboard.press("c");
  const dialog = page.getByRole("dialog", { name: "Compare two pictures" });
  await dialog.getByRole("row", { name: /seed/ }).waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "compare-dark");
  await page.context().close();
});

it("empties the trash only when it is asked twice", async () => {
  const page = await gallery({ path: "/gallery?folder=folder 7" });
  await tile(page, 1).click({ modifiers: ["Control"] });
  await tile(page, 4).click({ modifiers: ["Shift"] });
  await page.keyboard.press("Delete");
  await toast(page, /put into the trash/).waitFor();
  await page.getByRole("button", { name: "Trash", exact: true }).click();
  await page.waitForURL(/trash=true/);
  await tile(page, 1).click({ modifiers: ["Control"] });
  const before = await count("trash=true");
  await page.getByRole("toolbar").getByRole("button", { name: "Delete for good" }).click();
  await page.getByRole("alertdialog").waitFor();
  expect(await faults(page)).toEqual([]);
  await page.getByRole("button", { name: "Cancel" }).click();
  expect(await count("trash=true")).toBe(before);
  await page.getByRole("toolbar").getByRole("button", { name: "Delete for good" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete for good" }).click();
  await toast(page, /deleted for good/).waitFor();
  await expect.poll(() => count("trash=true")).toBe(before - 1);
  await tile(page, 1).click({ modifiers: ["Control"] });
  await page.getByRole("toolbar").getByRole("button", { name: "Restore" }).click();
  await toast(page, /restored/).waitFor();
  await page.context().close();
});

it.each([
  ["light", 1280, 800],
  ["dark", 360, 740],
] as const)("is free of accessibility faults in the %s theme at %i pixels", async (theme, width, height) => {
  const page = await gallery({ theme, width, height });
  await tile(page, 1).waitFor();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, `gallery-${theme}-${width}`);
  if (width < 500) {
    await page.getByRole("button", { name: "Filters" }).tap();
    await page.getByRole("dialog", { name: "Filters" }).waitFor();
    expect(await faults(page)).toEqual([]);
    await screenshot(page, `filters-${width}`);
    await page.keyboard.press("Escape");
    await tile(page, 1).locator("[data-mark]").tap();
    await page.getByRole("toolbar").waitFor();
    await screenshot(page, `selected-${width}`);
    await page.getByRole("button", { name: "Select none" }).tap();
  }
  await tile(page, 3).click();
  await page.getByRole("dialog").getByText("number").first().waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, `picture-page-${theme}-${width}`);
  await page.context().close();
});

it("scrolls by drawing little more than what is in sight, and to the very end", async () => {
  const page = await gallery();
  await tile(page, 1).waitFor();
  const measure = (step: number) =>
    page.evaluate(async (step) => {
      const grid = document.querySelector<HTMLElement>("[data-testid=grid]");
      if (!grid) throw new Error("There is no grid.");
      const frames: number[] = [];
      let most = 0;
      for (let before = performance.now(); frames.length < 300; ) {
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        frames.push(now - before);
        before = now;
        grid.scrollTop += step;
        most = Math.max(most, grid.querySelectorAll("[role=option]").length);
      }
      frames.sort((one, other) => one - other);
      const at = (part: number) => Math.round((frames[Math.floor(part * (frames.length - 1))] ?? 0) * 10) / 10;
      return { median: at(0.5), p95: at(0.95), p99: at(0.99), most };
    }, step);
  const still = await measure(0);
  const moving = await measure(40);
  console.log("frames in ms:", JSON.stringify({ still, moving }));
  expect(moving.most).toBeLessThan(150);
  // 60 frames a second are 16.7 ms each; on processors that share their time with other tests this is only a guard.
  expect(moving.median).toBeLessThan(100);
  const end = () =>
    page.evaluate(() => {
      const grid = document.querySelector<HTMLElement>("[data-testid=grid]");
      if (grid) grid.scrollTop = grid.scrollHeight;
      return Number(grid?.querySelector("[role=option]:last-child")?.getAttribute("aria-posinset"));
    });
  await expect.poll(end, { timeout: 120_000, interval: 50 }).toBeGreaterThan(COUNT * 0.95);
  await page.context().close();
}, 200_000);
