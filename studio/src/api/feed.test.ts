// The feed's reader against a real server that misbehaves.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { follow } from "@/api/feed";
import { Problem } from "@/api/problem";
import type { FeedEvent } from "@/api/types";

const STEPS = 12;
let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

type Answering = (response: ServerResponse, after: number, visit: number) => void;

/** A server that answers every visit to the feed as told; gives the feed's address. */
async function serving(answer: Answering): Promise<string> {
  let visit = 0;
  server = createServer((request, response) => {
    answer(response, Number(request.headers["last-event-id"] ?? 0), visit++);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const line = (id: number): string => {
  const event =
    id > STEPS ? { kind: "finished", pictures: [] } : { kind: "notice", code: "n", detail: `${id} — développé` };
  return `id: ${id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
};

async function collect(url: string, signal = new AbortController().signal) {
  const ids: number[] = [];
  const lines: boolean[] = [];
  const events: FeedEvent[] = [];
  await follow({
    url,
    signal,
    onLine: (connected) => lines.push(connected),
    onEvent: (event, id) => {
      ids.push(id);
      events.push(event);
    },
  });
  return { ids, lines, events };
}

const ALL = Array.from({ length: STEPS + 1 }, (_, n) => n + 1);

it("reads a feed to its end, whatever the chunks", async () => {
  const url = await serving(async (response) => {
    const bytes = Buffer.from(`retry: 1000\n\n: keep-alive\n\n${ALL.map(line).join("")}`);
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
    response.end();
  });
  const { ids, events } = await collect(url);
  expect(ids).toEqual(ALL);
  expect(events[0]).toMatchObject({ detail: "1 — développé" });
});

it("goes on after the last event when the line is cut, and takes none twice", async () => {
  const url = await serving((response, after, visit) => {
    if (visit === 1) return response.destroy();
    // Every visit repeats the last event that was received, as a careless server might.
    const from = Math.max(1, after);
    for (let id = from; id <= Math.min(from + 5, STEPS + 1); id++) response.write(line(id));
    setTimeout(() => (after + 5 > STEPS ? response.end() : response.destroy()), 20);
  });
  const { ids, lines } = await collect(url);
  expect(ids).toEqual(ALL);
  expect(lines).toContain(false);
}, 15_000);

it("gives up with the server's words when there is no such feed", async () => {
  const url = await serving((response) => {
    response.writeHead(404, { "Content-Type": "application/problem+json" });
    response.end(JSON.stringify({ title: "Not found", status: 404, detail: "No such generation.", hint: "Look." }));
  });
  const wrong = await collect(url).catch((error: unknown) => error);
  expect(wrong).toBeInstanceOf(Problem);
  expect(wrong).toMatchObject({ status: 404, message: "No such generation.", hint: "Look." });
});

it("leaves at once when nobody follows any more", async () => {
  const leaving = new AbortController();
  const url = await serving((response) => {
    response.write(line(1));
    setTimeout(() => leaving.abort(), 30);
  });
  const { ids } = await collect(url, leaving.signal);
  expect(ids).toEqual([1]);
});
