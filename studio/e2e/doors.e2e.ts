// The client of the streaming demo: an `EventSource` in a real browser, over a line that breaks.
import { type AddressInfo, connect, createServer, type Server as Line } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./page";
import { type Server, serve } from "./server";

const BREAKS = 2;
const BYTES = 2000;
let server: Server;
let browser: Browser;
let proxy: Line;
let broken = 0;

/** Passes everything on to the server, and cuts streams of pictures short. */
function breaking(port: number): Line {
  return createServer((near) => {
    const far = connect(port, "127.0.0.1");
    let streams = false;
    let passed = 0;
    near.on("data", (chunk) => {
      streams ||= chunk.includes("/api/generate");
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      near.write(chunk);
      passed += chunk.length;
      if (streams && broken < BREAKS && passed > BYTES) {
        broken += 1;
        near.destroy();
        far.destroy();
      }
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
}

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
  proxy = breaking(Number(new URL(server.url).port));
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
});
afterAll(async () => {
  await browser?.close();
  proxy?.close();
  await server?.stop();
});

it("sees every step once, however often the line breaks, and nothing is drawn twice", async () => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/health`);
  const heard = await page.evaluate(
    () =>
      new Promise<{ steps: number[]; last: string }>((resolve, reject) => {
        const steps: number[] = [];
        let last = "";
        const source = new EventSource("/api/generate?prompt=a+red+dragon&steps=12");
        source.onmessage = ({ data }) => {
          if (data === "[DONE]") {
            source.close();
            resolve({ steps, last });
            return;
          }
          const frame = JSON.parse(data);
          if (frame.error) reject(new Error(frame.error));
          steps.push(frame.step);
          last = frame.image;
        };
      }),
  );
  expect(heard.steps).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
  expect(Buffer.from(heard.last, "base64").subarray(0, 2).toString("hex")).toBe("ffd8");
  expect(broken).toBe(BREAKS);
  expect((await (await fetch(`${server.url}/api/v1/generations`)).json()).items).toHaveLength(1);
  await page.close();
});
