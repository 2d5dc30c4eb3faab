// The pages about the server, and the door: against a real server that knows somebody.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { faults, launch, overflow, screenshot, visit } from "./page";
import { python, type Server, serve } from "./server";

const PASSWORD = "correct horse battery";
let open: Server;
let closed: Server;
let browser: Browser;

beforeAll(async () => {
  const prepare = async (home: string) => {
    const args = ["-m", "safelight", "users", "create", "ada", "--workspace", "default", "--role", "admin"];
    await python(args, { home, input: `${PASSWORD}\n${PASSWORD}\n` });
  };
  [open, closed, browser] = await Promise.all([
    serve(),
    serve({ prepare, engine: "fake", settings: { SAFELIGHT_ACCESS: "keys" } }),
    launch(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([open?.stop(), closed?.stop()]);
});

const at = async (server: Server, path: string, how: Parameters<typeof visit>[2] = {}): Promise<Page> => {
  const page = await visit(browser, server.url, { path, ...how });
  page.setDefaultTimeout(12_000);
  return page;
};
const PAGES = {
  "/models": "This machine",
  "/settings": "Storage",
  "/admin": "Audit log",
  "/docs": "generations",
  "/about": "For a bug report",
} as const;

it.each([
  ["dark", 1280, 800],
  ["light", 1280, 800],
  ["dark", 360, 740],
] as const)(
  "has every page, free of accessibility faults, in the %s theme at %i pixels",
  async (theme, width, height) => {
    const page = await at(open, "/about", { theme, width, height });
    for (const [path, heading] of Object.entries(PAGES)) {
      const name = path.slice(1).replace(/^./, (first) => first.toUpperCase());
      await page.getByRole("button", { name: width < 500 ? "All pages" : "Account" }).click();
      if (path === "/models" && width > 500) {
        await page.keyboard.press("Escape");
        await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
      } else await page.getByRole("menuitem", { name }).click();
      await page.getByRole("heading", { name: heading, exact: true }).waitFor();
      await expect.poll(() => page.title()).toBe(`${name} · Safelight`);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(await faults(page)).toEqual([]);
      await screenshot(page, `${path.slice(1)}-${theme}-${width}`);
    }
    await page.context().close();
  },
  240_000,
);

it("is wandered through by keys, and says what they are", async () => {
  const page = await at(open, "/");
  await page.keyboard.press("g");
  await page.getByText("Nothing hangs here yet.").waitFor();
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).getByText("Put into the trash").waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "keys-dark");
  await page.keyboard.press("Escape");
  await page.keyboard.press("d");
  await page.getByRole("textbox", { name: "Prompt" }).waitFor();
  await page.goto(`${open.url}/nowhere`);
  await page.getByRole("link", { name: "Back to Generate" }).click();
  await page.getByRole("textbox", { name: "Prompt" }).waitFor();
  await page.context().close();
});

it("loads a model and frees its memory", async () => {
  const page = await at(open, "/models");
  await page
    .getByRole("button", { name: /Load|Free its memory/ })
    .first()
    .click();
  // With the embedded model it is done; the fake engine has nothing to load, and says that.
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Dismiss" }).first().waitFor();
  await page.getByRole("textbox", { name: "Where it is" }).fill("/nowhere/at/all");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("alert").first().waitFor();
  expect(await faults(page)).toEqual([]);
  await page.context().close();
});

it("changes the theme everywhere at once, and keeps it", async () => {
  const page = await at(open, "/settings");
  await page.getByRole("radio", { name: "Light" }).click();
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe("light");
  await page.getByRole("button", { name: "Theme" }).click();
  expect(await page.getByRole("menuitemradio", { name: "Light" }).getAttribute("aria-checked")).toBe("true");
  expect(await page.evaluate(() => localStorage.getItem("safelight.theme"))).toBe("light");
  await page.context().close();
});

it("documents every request, and runs one", async () => {
  const page = await at(open, "/docs");
  await page.getByRole("searchbox").fill("/api/v1/presets");
  await expect.poll(() => page.locator("summary").count()).toBe(1);
  await page.locator("summary").click();
  await page.getByRole("button", { name: "Run it here" }).click();
  await page.getByText(/Answered 200 in/).waitFor();
  await page.getByText('"tiers"').waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "docs-open-dark");
  await page.context().close();
});

it("asks who one is, leads back to where one was, and signs out", async () => {
  const page = await at(closed, "/gallery?q=dragon", { ready: false });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "sign-in-dark");
  await page.getByRole("textbox", { name: "Name" }).fill("ada");
  await page.getByLabel("Password", { exact: true }).last().fill("not the password");
  await page.keyboard.press("Enter");
  await page
    .getByRole("alert")
    .getByText(/password|sign/i)
    .first()
    .waitFor();
  expect(await faults(page)).toEqual([]);
  await page.getByLabel("Password", { exact: true }).last().fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(/gallery\?q=dragon/);
  await page.getByText("No picture is like that.").waitFor();

  // A change takes the session's token; one that ended leads to the door, and back.
  await page.goto(`${closed.url}/settings`);
  await page.getByRole("textbox", { name: "Name" }).fill("robot");
  await page.getByRole("button", { name: "Make a key" }).click();
  const secret = await page.getByRole("textbox", { name: "Key" }).inputValue();
  expect(secret).toMatch(/^sl_/);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "key-made-dark");
  await page.getByRole("list", { name: "Keys" }).getByText("robot").waitFor();
  await page.context().clearCookies();
  await page.getByRole("link", { name: "Gallery" }).click();
  await page.getByText(/your session ended/).waitFor();
  await page.getByRole("radio", { name: "Key" }).click();
  await page.getByLabel("Key", { exact: true }).last().fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/gallery/);
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menu").getByText("robot").waitFor();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.context().close();
});

it("makes users and workspaces, lets people in, and notes all of it", async () => {
  const page = await at(closed, "/sign-in", { ready: false });
  await page.getByRole("textbox", { name: "Name" }).fill("ada");
  await page.getByLabel("Password", { exact: true }).last().fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${closed.url}/`);
  await page.goto(`${closed.url}/admin`);
  const users = page
    .getByRole("region")
    .or(page.locator("section"))
    .filter({ hasText: "They sign in with a password" })
    .last();
  await users.getByRole("textbox", { name: "Name" }).fill("grace");
  await users.getByLabel("Password", { exact: true }).fill("another long password");
  await users.getByRole("button", { name: "Make a user" }).click();
  await page.getByRole("list", { name: "Users" }).getByText("grace").waitFor();
  const rooms = page.locator("section").filter({ hasText: "Generations and pictures belong" }).last();
  await rooms.getByRole("textbox", { name: "Name" }).fill("lab");
  await rooms.getByRole("button", { name: "Make a workspace" }).click();
  await page.getByRole("heading", { name: "lab" }).waitFor();
  const lab = rooms.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "lab" }) });
  await lab.getByRole("combobox", { name: "User" }).click();
  await page.getByRole("option", { name: "grace" }).click();
  await lab.getByRole("button", { name: "Let in" }).click();
  await page.getByRole("list", { name: "Members of lab" }).getByText("grace").waitFor();
  await page
    .getByRole("cell", { name: "member.set" })
    .or(page.getByRole("cell", { name: /^member/ }))
    .first()
    .waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "admin-full-dark");
  await page.context().close();
});
