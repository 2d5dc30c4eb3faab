// Draws the icons of the installed studio from its one drawing: node scripts/icons.mjs
import { mkdirSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const drawing = readFileSync(new URL("../public/safelight.svg", import.meta.url), "utf-8");
const folder = new URL("../public/icons/", import.meta.url).pathname;
/** A mask may cut a fifth off each side: the lamp stands within, on its own ground to the edges. */
const ICONS = [
  { name: "192", size: 192, share: 1, ground: "transparent" },
  { name: "512", size: 512, share: 1, ground: "transparent" },
  { name: "maskable-512", size: 512, share: 0.72, ground: "#1b1715" },
  { name: "apple-180", size: 180, share: 0.86, ground: "#1b1715" },
];

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.E2E_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage();
for (const { name, size, share, ground } of ICONS) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<body style="margin:0;display:grid;place-content:center;height:100vh;background:${ground}">${drawing.replace("<svg", `<svg width="${size * share}" height="${size * share}"`)}</body>`,
  );
  await page.screenshot({ path: `${folder}${name}.png`, omitBackground: true });
}
await browser.close();
