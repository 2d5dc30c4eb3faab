// Makes the pictures of the studio's pages for the documentation, with the embedded model: npm run portraits
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { develop, finished, launch, step, visit } from "./page";
import { serve } from "./server";

const OUT = join(import.meta.dirname, "..", "..", "docs", "images");
const LARGEST_BYTES = 60_000;
const PROMPTS = ["a green dragon", "an orange cat", "a blue rocket", "a red apple", "a purple ghost", "a yellow duck"];

/** Photographs a page as WebP, in the quality that keeps it small. */
async function portray(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(500);
  const png = (await page.screenshot()).toString("base64");
  for (const quality of [0.85, 0.7, 0.5]) {
    const webp = await page.evaluate(
      async ([png, quality]) => {
        const image = new Image();
        image.src = `data:image/png;base64,${png}`;
        await image.decode();
        const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
        canvas.getContext("2d")?.drawImage(image, 0, 0);
        return canvas.toDataURL("image/webp", quality).split(",")[1] ?? "";
      },
      [png, quality] as const,
    );
    const file = Buffer.from(webp, "base64");
    if (file.length >= LARGEST_BYTES && quality > 0.5) continue;
    expect(file.length, name).toBeLessThan(LARGEST_BYTES);
    return writeFile(join(OUT, `${name}.webp`), file);
  }
}

it("portrays every page", async () => {
  const [server, browser] = await Promise.all([serve(), launch()]);
  try {
    for (const prompt of PROMPTS) {
      const wish = { prompt, seed: 7, steps: 20 };
      const headers = { "Content-Type": "application/json", Prefer: "wait=120" };
      await fetch(`${server.url}/api/v1/generations`, { method: "POST", headers, body: JSON.stringify(wish) });
    }
    const page = await visit(browser, server.url, { steps: 40 });
    await develop(page, "a red dragon");
    await step(page, 22).waitFor();
    await page.getByTestId("strip").focus();
    await page.keyboard.press(" ");
    await page.getByRole("button", { name: "Go on" }).waitFor();
    await portray(page, "studio");
    await page.keyboard.press(" ");
    await finished(page).waitFor();
    for (const name of ["gallery", "models", "services", "usage", "settings", "admin", "docs", "about"] as const) {
      await page.goto(`${server.url}/${name}`);
      await page.getByText("Ready", { exact: true }).waitFor();
      await page.waitForLoadState("networkidle");
      await portray(page, `studio-${name}`);
    }
    await page.context().close();
    const phone = await visit(browser, server.url, { theme: "light", width: 390, height: 780, path: "/gallery" });
    await phone.waitForLoadState("networkidle");
    await portray(phone, "studio-phone");
  } finally {
    await browser.close();
    await server.stop();
  }
});
