// The gallery and the pages about the server, by touch on a phone of 360 pixels in the light: all that a desktop can.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { found, launch, overflow, PHONE, screenshot, sound, tile, toast, visit } from "./page";
import { python, type Server, serve } from "./server";

const COUNT = 400;
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

const at = async (path: string, how: Parameters<typeof visit>[2] = {}): Promise<Page> => {
  const page = await visit(browser, server.url, { ...PHONE, path, ...how });
  page.setDefaultTimeout(15_000);
  return page;
};
const tap = (within: Page | Locator, name: string | RegExp): Promise<void> =>
  within.getByRole("button", { name, exact: typeof name === "string" }).tap();
const count = (query: string): Promise<number> => found(server.url, query);

it("finds pictures: by words, and behind Filters by folder, tag, favourites and order", async () => {
  const page = await at("/gallery");
  await page.getByRole("searchbox").tap();
  await page.keyboard.type("golden owl");
  await page.waitForURL(/q=golden\+owl/);
  await expect.poll(() => tile(page, 1).getAttribute("aria-label")).toMatch(/golden owl/);
  await tap(page, "Clear the search");
  const filters = page.getByRole("dialog", { name: "Filters" });
  for (const [line, address] of [
    [/^folder 3, /, /folder=folder\+3/],
    [/^common, /, /tag=common/],
    [/^Favourites/, /favourite=true/],
    [/^All pictures/, /gallery$/],
  ] as const) {
    await tap(page, "Filters");
    if (line.source.includes("folder")) await filters.getByRole("button", { name: "Show more" }).first().tap();
    await tap(filters, line);
    await expect.poll(() => page.url()).toMatch(address);
    await filters.waitFor({ state: "detached" });
  }
  await tap(page, "Filters");
  await filters.getByRole("combobox", { name: "Order" }).tap();
  await page.getByRole("option", { name: "Oldest first" }).tap();
  await page.waitForURL(/sort=oldest/);
  await tile(page, 1).waitFor();
  await sound(page);
  await page.context().close();
});

it("selects by the corner of a tile; marks, tags, untags, moves, trashes and takes it back", async () => {
  const page = await at("/gallery?folder=folder 5");
  const before = await count("folder=folder 5");
  const bar = page.getByRole("toolbar");
  await tile(page, 1).locator("[data-mark]").tap();
  await tile(page, 2).tap();
  await page.getByRole("toolbar", { name: "2 pictures selected" }).waitFor();
  await sound(page);
  await screenshot(page, "touch-selected");
  const named = async (act: string, field: string, text: string) => {
    await tap(bar, act);
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: field }).fill(text);
    await sound(page);
    await tap(dialog, act);
    await dialog.waitFor({ state: "detached" });
  };
  await tap(bar, "Favourite");
  await toast(page, /2 pictures marked as favourites/).waitFor();
  await tap(bar, "No favourite");
  await toast(page, /no longer favourites/).waitFor();
  await named("Tag", "Tags, with commas between them", "by, Touch");
  await expect.poll(() => count("tag=touch")).toBe(2);
  await named("Untag", "Tags, with commas between them", "touch");
  await expect.poll(() => count("tag=touch")).toBe(0);
  await named("Move", "Folder", "By touch");
  await expect.poll(() => count("folder=folder 5")).toBe(before - 2);
  await toast(page, /moved to “By touch”/)
    .locator("..")
    .getByRole("button", { name: "Undo" })
    .tap();
  await expect.poll(() => count("folder=folder 5")).toBe(before);
  await page.getByRole("toolbar").waitFor({ state: "detached" });
  await tile(page, 3).locator("[data-mark]").tap();
  await tap(page.getByRole("toolbar"), "Put into the trash");
  await toast(page, /1 picture put into the trash/)
    .locator("..")
    .getByRole("button", { name: "Undo" })
    .tap();
  await expect.poll(() => count("folder=folder 5")).toBe(before);
  await page.context().close();
});

it("compares two, takes a selection away as a zip, brings a file in, and empties the trash", async () => {
  const page = await at("/gallery?folder=folder 7");
  const bar = page.getByRole("toolbar");
  await tile(page, 1).locator("[data-mark]").tap();
  await tile(page, 2).tap();
  await tap(bar, "Compare");
  const comparison = page.getByRole("dialog", { name: "Compare two pictures" });
  await comparison.getByRole("row", { name: /seed/ }).waitFor();
  await sound(page);
  await screenshot(page, "touch-compare");
  await tap(comparison, "Close");
  const [zip] = await Promise.all([page.waitForEvent("download"), tap(bar, "Download")]);
  expect(zip.suggestedFilename()).toMatch(/zip$/);
  await tap(bar, "Put into the trash");
  await toast(page, /2 pictures put into the trash/).waitFor();
  await tap(page, "Filters");
  await tap(page.getByRole("dialog", { name: "Filters" }), "Trash");
  await page.waitForURL(/trash=true/);
  await tile(page, 1).locator("[data-mark]").tap();
  await tap(bar, "Delete for good");
  await page.getByRole("alertdialog").waitFor();
  await sound(page);
  await tap(page.getByRole("alertdialog"), "Delete for good");
  await toast(page, /1 picture deleted for good/).waitFor();
  await tile(page, 1).locator("[data-mark]").tap();
  await tap(bar, "Restore");
  await toast(page, /1 picture restored/).waitFor();

  await tap(page, "Import");
  const drawn = await readFile(join(import.meta.dirname, "..", "public", "icons", "512.png"));
  const mine = { name: "mine.png", mimeType: "image/png", buffer: drawn };
  await page.getByTestId("files").setInputFiles([mine]);
  await page.getByText("1 of 1 done").waitFor();
  await sound(page);
  await page.context().close();
});

it("does with one picture all that can be done with one", async () => {
  const page = await at("/gallery?folder=folder 4", { permissions: ["clipboard-read", "clipboard-write"] });
  await tile(page, 2).tap();
  const dialog = page.getByRole("dialog", { name: /^Picture/ });
  await dialog.getByText("number").first().waitFor();
  await sound(page);
  await screenshot(page, "touch-picture");
  const first = page.url();
  await tap(dialog, "Next picture");
  await page.waitForURL((url) => url.href !== first);
  await tap(dialog, "Previous picture");
  await page.waitForURL(first);
  await tap(dialog, /Mark as a favourite|No favourite any more/);
  await toast(page, /favourite/)
    .first()
    .waitFor();
  await dialog.getByRole("combobox", { name: "Add a tag" }).fill("pocket");
  await page.keyboard.press("Enter");
  await expect.poll(() => count("tag=pocket")).toBe(1);
  await tap(dialog, "Take off “pocket”");
  await expect.poll(() => count("tag=pocket")).toBe(0);
  await tap(dialog, "Copy the recipe");
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())).steps).toBe(20);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("link", { name: "Download" }).tap(),
  ]);
  expect(file.suggestedFilename()).toMatch(/\.(png|webp|jpe?g)$/);

  await tap(dialog, "Share");
  const sharing = page.getByRole("dialog", { name: "Share this picture" });
  await tap(sharing, "Make a link");
  const link = await sharing.getByRole("textbox", { name: "Link" }).inputValue();
  await sound(page);
  const guest = await visit(browser, "", { ...PHONE, path: link, ready: false });
  await guest.getByRole("link", { name: "Download" }).waitFor();
  const shared = guest.getByRole("img", { name: "The shared picture" });
  await expect.poll(() => shared.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
  await sound(guest);
  await screenshot(guest, "touch-shared");
  await guest.context().close();
  await tap(sharing, "Revoke");
  await toast(page, /revoked/).waitFor();
  await tap(sharing, "Close");
  await tap(dialog, "Develop again");
  await expect.poll(() => page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue()).toMatch(/number/);
  await page.context().close();
});

it("goes from page to page by its menu", async () => {
  const page = await at("/");
  for (const name of ["Gallery", "Models", "Usage", "Services", "Settings", "Admin", "Docs", "About", "Generate"]) {
    await tap(page, "All pages");
    await page.getByRole("menuitem", { name, exact: true }).tap();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    await page.getByRole("menu").waitFor({ state: "detached" });
    expect(await overflow(page), name).toBeLessThanOrEqual(0);
  }
  await page.context().close();
});

it("loads a model, adds one that is not there, runs a request of the docs", async () => {
  const page = await at("/models");
  await page
    .getByRole("button", { name: /Load|Free its memory/ })
    .first()
    .tap();
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Dismiss" }).first().waitFor();
  await page.getByRole("textbox", { name: "Where it is" }).fill("/nowhere/at/all");
  await tap(page, "Add");
  await page.getByRole("alert").first().waitFor();
  await sound(page);
  await page.goto(`${server.url}/docs`);
  await page.getByRole("searchbox").fill("/api/v1/presets");
  await expect.poll(() => page.locator("summary").count()).toBe(1);
  await page.locator("summary").tap();
  await tap(page, "Run it here");
  await page.getByText(/Answered 200 in/).waitFor();
  await sound(page);
  await screenshot(page, "touch-docs");
  await page.context().close();
});

it("sets what is one's own: theme, language, moderation, and how often previews come", async () => {
  const page = await at("/settings");
  await page.getByRole("radio", { name: "Dark" }).tap();
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await page.getByRole("radio", { name: "Light" }).tap();
  await page.getByLabel("Prompt", { exact: true }).fill("a naked woman");
  await tap(page, "Test");
  await page.getByText("It would be refused: sexual.").waitFor();
  await page.getByLabel("Count my use under my name").tap();
  await page.getByLabel("hate, prompts").fill("0.4");
  await tap(page, "Save");
  await page.getByText("It counts from the next request on.", { exact: false }).waitFor();
  await page.getByRole("radio", { name: "Every 2nd" }).tap();
  await sound(page);
  await screenshot(page, "touch-settings");
  await page.reload();
  await expect.poll(() => page.getByLabel("hate, prompts").inputValue()).toBe("0.4");
  expect(await page.getByLabel("Count my use under my name").isChecked()).toBe(false);
  await page.context().close();
});

it("makes the first user, signs in as it, makes a workspace, lets one into the other, and notes it", async () => {
  const page = await at("/admin");
  const users = page.locator("section").filter({ hasText: "They sign in with a password" }).last();
  await users.getByRole("textbox", { name: "Name" }).fill("grace");
  await users.getByLabel("Password", { exact: true }).fill("another long password");
  await tap(users, "Make a user");
  // From the first user on, the server wants to know who one is; who made it is not left outside.
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await sound(page);
  await page.getByRole("textbox", { name: "Name" }).fill("grace");
  await page.getByLabel("Password", { exact: true }).last().fill("another long password");
  await page.getByRole("button", { name: "Sign in", exact: true }).tap();
  await page.waitForURL(/admin/);
  await page.getByRole("list", { name: "Users" }).getByText("grace").waitFor();
  const rooms = page.locator("section").filter({ hasText: "Generations and pictures belong" }).last();
  await rooms.getByRole("textbox", { name: "Name" }).fill("lab");
  await tap(rooms, "Make a workspace");
  const lab = rooms.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "lab" }) });
  await page.getByRole("heading", { name: "lab" }).waitFor();
  await lab.getByRole("combobox", { name: "User" }).tap();
  await page.getByRole("option", { name: "grace" }).tap();
  await tap(lab, "Let in");
  await page.getByRole("list", { name: "Members of lab" }).getByText("grace").waitFor();
  await page
    .getByText(/^member/)
    .first()
    .waitFor();
  await sound(page);
  await screenshot(page, "touch-admin");
  await page.context().close();
});
