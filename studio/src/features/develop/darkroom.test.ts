import { expect, it, vi } from "vitest";
import { exampleGeneration } from "@/api/example";
import type { Follow } from "@/api/feed";
import { Problem } from "@/api/problem";
import type { FeedEvent, Generation } from "@/api/types";
import { createDarkroom, lastPosition } from "@/features/develop/darkroom";

const generation = (id: string): Generation => exampleGeneration({ id, state: "running" });

/** A darkroom whose feeds are in the test's hands. */
function darkroom(get: (id: string) => Promise<Generation> = async (id) => generation(id)) {
  const feeds: Follow[] = [];
  const follow = (feed: Follow) => {
    feeds.push(feed);
    return new Promise<void>(() => undefined);
  };
  const cancel = vi.fn(async (id: string) => generation(id));
  return { room: createDarkroom({ follow, get, cancel, now: () => 0 }), feeds, cancel };
}

const step = (n: number): FeedEvent => ({
  kind: "step",
  picture: 0,
  step: n,
  total: 4,
  progress: n / 4,
  sigma: 1,
  ms: 1,
  frame: null,
});

it("watches what it is given", () => {
  const { room, feeds } = darkroom();
  room.getState().watch(generation("a"));
  feeds[0]?.onEvent(step(1), 1);
  expect(room.getState().development?.prints[0]?.done).toBe(1);
  expect(feeds[0]?.url).toMatch(/^\/api\/v1\/generations\/g1\/events\?preview=/);
});

it("hears nothing any more of what it left", () => {
  const { room, feeds } = darkroom();
  room.getState().watch(generation("a"));
  room.getState().watch(generation("b"));
  expect(feeds[0]?.signal.aborted).toBe(true);
  feeds[0]?.onEvent(step(2), 2);
  expect(room.getState().development).toMatchObject({ id: "b", progress: 0 });
});

it("says when there is no such generation", async () => {
  const { room } = darkroom(async () => {
    throw new Problem({ status: 404, detail: "No such generation." });
  });
  await room.getState().attach("gone");
  expect(room.getState()).toMatchObject({ development: null, seeking: false, problem: { status: 404 } });
});

it("stops the generation it watches, and leaving does not", async () => {
  const { room, cancel } = darkroom();
  room.getState().watch(generation("a"));
  await room.getState().stop();
  expect(cancel).toHaveBeenCalledWith("a");
  room.getState().leave();
  expect(cancel).toHaveBeenCalledTimes(1);
});

it("looks no further than the finished print", () => {
  const { room, feeds } = darkroom();
  room.getState().watch(generation("a"));
  for (const n of [1, 2, 3, 4]) feeds[0]?.onEvent(step(n), n);
  const at = () => {
    const { development } = room.getState();
    return development && lastPosition(development, 0);
  };
  expect(at()).toBe(4);
  const picture = { id: "p", url: "/p", thumbnail_url: "/t", width: 8, height: 8, seed: 1 };
  feeds[0]?.onEvent({ kind: "finished", pictures: [picture] }, 5);
  expect(at()).toBe(5);
});
