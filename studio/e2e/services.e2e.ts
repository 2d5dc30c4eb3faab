import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { develop, faults, finished, launch, screenshot, visit } from "./page";
import { type Server, serve } from "./server";

const ROOT = join(import.meta.dirname, "..", "..");
const MODELS = {
  openai: "gpt-image-2.5-flare (medium)",
  azure: "mine (medium)",
  comfyui: "dreams",
  huggingface: "FLUX.1-schnell",
  replicate: "flux-schnell",
  bedrock: "Nova Canvas",
  google: "Imagen 4 Fast",
} as const;
const QUIET_MS = 60_000;

let upstreams: ChildProcess;
let server: Server;
let browser: Browser;

/** All services on this machine, and the settings that point to them. */
async function stage(): Promise<Record<string, string>> {
  const env = { ...process.env, PYTHONPATH: `${join(ROOT, "src")}:${ROOT}` };
  const python = process.env.E2E_PYTHON ?? join(ROOT, ".venv", "bin", "python");
  const child = spawn(python, [join(import.meta.dirname, "upstreams.py")], { env, stdio: ["pipe", "pipe", "inherit"] });
  upstreams = child;
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Record<string, string>;
  throw new Error("The services did not start.");
}

const play = (line: string) => upstreams.stdin?.write(`${line}\n`);

beforeAll(async () => {
  const settings = { ...(await stage()), SAFELIGHT_RUNNING_LIMIT: "1", SAFELIGHT_FAKE_STEP_S: "0.3" };
  [server, browser] = await Promise.all([serve({ settings, engine: "fake" }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  upstreams?.stdin?.end();
});

async function choose(page: Page, model: string): Promise<void> {
  await page.getByLabel("Model", { exact: true }).click();
  await page.getByRole("option", { name: model, exact: false }).first().click();
}

it("draws with every service, from the selector to the print", { timeout: 240_000 }, async () => {
  const page = await visit(browser, server.url);
  await page.getByLabel("Model", { exact: true }).click();
  await page.getByRole("option", { name: "Nova Canvas" }).getByText("$0.04 a picture").waitFor();
  await screenshot(page, "services-choice");
  await page.keyboard.press("Escape");
  for (const [service, model] of Object.entries(MODELS)) {
    await choose(page, model);
    await page.getByTestId("model-told").getByText("ready", { exact: false }).waitFor();
    const before = page.url();
    await develop(page, service === "openai" ? "a sun over the hills" : "");
    await page.waitForURL((url) => url.href !== before);
    await finished(page).waitFor({ timeout: QUIET_MS });
    if (service !== "comfyui") await page.getByText(/was paid \$/).waitFor();
    const again = page.getByRole("button", { name: "Reproduce" });
    await expect.poll(() => again.count(), { message: service }).toBe(service === "comfyui" ? 1 : 0);
    const print = page.getByTestId("print").locator("img").last();
    await expect
      .poll(() => print.evaluate((img: HTMLImageElement) => img.naturalWidth), { timeout: QUIET_MS })
      .toBe(512);
    await screenshot(page, `services-${service}`);
  }
  await page.context().close();
});

it("says what a preview is, and who went on where one could not", async () => {
  const page = await visit(browser, server.url);
  await choose(page, MODELS.openai);
  play("openai slow");
  await develop(page, "a sun over the hills");
  await page.getByText("Unfinished, as the service sent it").waitFor({ timeout: QUIET_MS });
  expect(await page.locator("[data-preview=provider_partial]").count()).toBe(1);
  await screenshot(page, "services-partial");
  await page.keyboard.press("Home");
  play("openai fine");
  await finished(page).waitFor({ timeout: QUIET_MS });

  await page.getByLabel("If it cannot, let another draw").check();
  play("openai fails");
  const before = page.url();
  await develop(page, "");
  await page.waitForURL((url) => url.href !== before);
  await finished(page).waitFor({ timeout: QUIET_MS });
  await page
    .getByText(/It goes on with fake/)
    .first()
    .waitFor();
  await screenshot(page, "services-fallback");
  play("openai fine");
  await page.context().close();
});

it("has a page for the services: how they are, what they cost, whose credentials", async () => {
  const page = await visit(browser, server.url, { path: "/services" });
  const replicate = page.locator("[data-service=replicate]");
  await replicate.getByText("The server's").waitFor();
  await replicate.getByRole("button", { name: "Models" }).click();
  await replicate.getByText("flux-1.1-pro", { exact: true }).waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "services-page");
  await replicate.getByRole("button", { name: "Give credentials" }).click();
  await page.getByLabel("Token").fill("r8_of-the-workspace");
  await page.getByRole("button", { name: "Keep them" }).click();
  await replicate.getByText("This workspace's own").waitFor();
  await replicate.getByRole("button", { name: "Test" }).click();
  await page.getByText("for $0.003", { exact: false }).waitFor();
  await page.getByRole("alertdialog").getByRole("button", { name: "Test" }).click();
  await page.getByText("Replicate works", { exact: false }).waitFor({ timeout: QUIET_MS });
  await page.context().close();
});

it("says what the server was used for, in charts that a keyboard and a table read", async () => {
  const page = await visit(browser, server.url, { path: "/usage", width: 360, height: 740, theme: "light" });
  const chart = page.getByRole("img", { name: /^Pictures per day, 30 days/ });
  await chart.focus();
  await page.keyboard.press("End");
  await page
    .locator("output", { hasText: /: \d+$/ })
    .first()
    .waitFor();
  await page.getByText("Pictures per day, as a table").click();
  await page.getByRole("table").first().waitFor();
  await page.getByRole("list", { name: "Popular prompts" }).getByText("a sun over the hills").waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "usage-phone");
  await page.context().close();
});

it("puts what waits in another order, and makes a film of what was drawn", async () => {
  const page = await visit(browser, server.url);
  const ask = (prompt: string, steps: number) =>
    page.request.post(`${server.url}/api/v1/generations`, { data: { prompt, steps, model: "fake" } });
  await ask("first", 150);
  for (const prompt of ["second", "third"]) await ask(prompt, 3);
  await page.reload();
  await page.getByRole("button", { name: "2 wait" }).click();
  await page.getByRole("button", { name: "Sooner: “third”" }).click();
  const line = page.getByRole("dialog").getByRole("listitem");
  await line.nth(1).getByText("third").waitFor();
  await line.nth(1).getByText("Next").waitFor();
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "queue");
  await page.getByRole("button", { name: "Cancel “first”" }).click();
  await page.getByText("Nothing waits.").waitFor({ timeout: QUIET_MS });
  await page.keyboard.press("Escape");

  await page.goto(`${server.url}/gallery?q=third`);
  await page.getByRole("option", { name: "third" }).first().click();
  await page.getByRole("button", { name: "Time-lapse" }).click();
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByTestId("film").waitFor();
  const width = await page
    .getByTestId("film")
    .evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth));
  expect(width).toBe(256);
  expect(await faults(page)).toEqual([]);
  await screenshot(page, "timelapse");
  await page.getByRole("radio", { name: "MP4" }).click();
  await page.getByRole("button", { name: "Make it" }).click();
  const seconds = await page
    .locator("video[data-testid=film]")
    .evaluate(
      (video: HTMLVideoElement) =>
        video.duration || new Promise((known) => video.addEventListener("loadedmetadata", () => known(video.duration))),
    );
  // Three steps, eight a second, and the print for two seconds more.
  expect(seconds).toBeCloseTo(3 / 8 + 2, 1);
  await page.context().close();
});

it("lets people set what is theirs", async () => {
  const page = await visit(browser, server.url, { path: "/settings" });
  await page.getByLabel("Prompt", { exact: true }).fill("a naked woman");
  await page.getByRole("button", { name: "Test" }).click();
  await page.getByText("It would be refused: sexual.").waitFor();
  await page.getByLabel("Count my use under my name").uncheck();
  await page.getByLabel("hate, prompts").fill("0.4");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("It counts from the next request on.", { exact: false }).waitFor();
  await page.getByRole("radio", { name: "Every 2nd" }).click();
  expect(await faults(page)).toEqual([]);
  await page.reload();
  await page.getByLabel("hate, prompts").waitFor();
  expect(await page.getByLabel("hate, prompts").inputValue()).toBe("0.4");
  expect(await page.getByLabel("Count my use under my name").isChecked()).toBe(false);
  await page.context().close();
});
