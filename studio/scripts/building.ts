// What the build does besides: a service worker that knows what the studio is made of, and files that are packed already.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const NAME = "worker.js";
const WORTH_PACKING = 1_000;
/** Of the fonts, the one that every page needs; the others are kept when they are first used. */
const NEEDED = /^assets\/.*(\.js|\.css|latin-wght-normal-[^/]+\.woff2)$/;

export const worker = (): Plugin => ({
  name: "safelight-worker",
  apply: "build",
  config: () => ({
    build: {
      rolldownOptions: {
        input: { index: "index.html", worker: "src/worker/worker.ts" },
        output: { entryFileNames: ({ name }) => (name === "worker" ? NAME : "assets/[name]-[hash].js") },
      },
    },
  }),
  async writeBundle({ dir = "" }, bundle) {
    const chunks = Object.values(bundle);
    const entry = chunks.find((chunk) => chunk.type === "chunk" && chunk.isEntry && chunk.fileName !== NAME);
    if (!entry) this.error("The studio has no entry.");
    const needed = chunks.map(({ fileName }) => fileName).filter((name) => NEEDED.test(name));
    const others = needed.filter((name) => name !== entry.fileName && !/latin-ext/.test(name)).sort();
    const files = [entry.fileName, ...others].map((name) => `/${name}`);
    const path = join(dir, NAME);
    const code = await readFile(path, "utf-8");
    const version = createHash("sha256").update(code).update(files.join()).digest("hex").slice(0, 12);
    const shell = JSON.stringify(JSON.stringify({ version, files }));
    const told = code.replace(/(["'`])__SHELL__\1/, () => shell);
    if (told === code) this.error("The worker has no place to write the studio's parts into.");
    await writeFile(path, told);
  },
});

/** Packs what is worth it beside itself: the server sends it so to whoever unpacks. */
export const packed = (): Plugin => ({
  name: "safelight-packed",
  apply: "build",
  async writeBundle({ dir = "" }, bundle) {
    const worth = Object.keys(bundle).filter((name) => /^assets\/.*\.(js|css)$/.test(name));
    await Promise.all(
      worth.map(async (name) => {
        const file = await readFile(join(dir, name));
        if (file.length > WORTH_PACKING) await writeFile(join(dir, `${name}.gz`), gzipSync(file, { level: 9 }));
      }),
    );
  },
});
