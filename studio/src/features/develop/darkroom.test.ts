import { expect, it, vi } from "vitest";
import { exampleGeneration, exampleRecipe } from "@/api/example";
import type { Follow } from "@/api/feed";
import { Problem } from "@/api/problem";
import type { BranchWish } from "@/api/stepping";
import type { FeedEvent, Generation, Steering } from "@/api/types";
import { createDarkroom, lastPosition } from "@/features/develop/darkroom";

const generation = (id: string): Generation => exampleGeneration({ id, state: "running" });

/** A darkroom whose feeds are in the test's hands. */
function darkroom(
  get: (id: string) => Promise<Generation> = async (id) => generation(id),
  kin: readonly Generation[] = [],
) {
  const feeds: Follow[] = [];
  const follow = (feed: Follow) => {
    feeds.push(feed);
    return new Promise<void>(() => undefined);
  };
  const cancel = vi.fn(async (id: string) => generation(id));
  const steer = vi.fn(async (id: string, _steering: Steering) => generation(id));
  const branch = vi.fn(async (id: string, { step, picture }: BranchWish) => ({
    ...generation(`${id}-branch`),
    branch_of: { generation: id, step, picture },
  }));
  const relatives = async () => kin;
  const world = { follow, get, cancel, steer, branch, relatives, now: () => 0 };
  return { room: createDarkroom(world), feeds, cancel, steer, branch };
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
  expect(feeds[0]?.url).toMatch(/^\/api\/v1\/generations\/a\/events\?preview=/);
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

it("branches off, watches the branch, and goes on following its parent", async () => {
  const { room, feeds, branch } = darkroom();
  room.getState().watch(generation("a"));
  expect(await room.getState().branch({ step: 3, picture: 0, changes: {} })).toBe(true);
  expect(branch).toHaveBeenCalledWith("a", { step: 3, picture: 0, changes: {} });
  expect(room.getState()).toMatchObject({ development: { id: "a-branch", branchOf: { step: 3 } } });
  feeds[0]?.onEvent(step(2), 2);
  expect(room.getState().family.map(({ id, prints }) => [id, prints[0]?.done])).toEqual([
    ["a", 2],
    ["a-branch", 0],
  ]);
  room.getState().hold("a");
  expect(room.getState().development?.prints[0]?.done).toBe(2);
});

it("gathers what a generation branched off from, a few feeds at a time", async () => {
  const kin = ["b", "c", "d", "e"].map((id) => ({
    ...generation(id),
    branch_of: { generation: "a", step: 2, picture: 0 },
  }));
  const { room, feeds } = darkroom(async (id) => ({ ...generation(id), step: 2 }), kin);
  await room.getState().attach("a");
  await vi.waitFor(() => expect(room.getState().family).toHaveLength(5));
  expect(feeds).toHaveLength(3);
  room.getState().leave();
  expect(feeds.every(({ signal }) => signal.aborted)).toBe(true);
});

it("holds what runs while somebody thinks, and lets it go on with the act, or without", async () => {
  const { room, feeds, steer } = darkroom();
  room.getState().watch(generation("a"));
  feeds[0]?.onEvent(step(1), 1);
  room.getState().think("steer", null);
  expect(steer).toHaveBeenLastCalledWith("a", { state: "paused" });
  await room.getState().steer({ guidance: 3 });
  expect(steer).toHaveBeenLastCalledWith("a", { guidance: 3, state: "running" });
  expect(room.getState().acting).toBeNull();
  room.getState().think("inject", null);
  room.getState().putAside();
  await vi.waitFor(() => expect(steer).toHaveBeenLastCalledWith("a", { state: "running" }));
});

it("keeps the panel open, and says why, when an act is refused", async () => {
  const { room, feeds, steer } = darkroom();
  room.getState().watch(generation("a"));
  feeds[0]?.onEvent({ kind: "notice", code: "paused", detail: "Paused." }, 1);
  room.getState().think("steer", null);
  expect(steer).not.toHaveBeenCalled();
  steer.mockRejectedValueOnce(new Problem({ status: 409, detail: "Its last step is taken." }));
  expect(await room.getState().steer({ guidance: 3 })).toBe(false);
  expect(room.getState()).toMatchObject({ acting: { act: "steer" }, refusal: { status: 409 } });
});

it("asks for the recipe again once somebody else has steered", async () => {
  const recipe = { ...exampleRecipe, stop_after: 3 };
  const { room, feeds } = darkroom(async (id) => ({ ...generation(id), recipe }));
  room.getState().watch(generation("a"));
  feeds[0]?.onEvent({ kind: "notice", code: "steered", detail: "Leaves off after step 3." }, 1);
  await vi.waitFor(() => expect(room.getState().development?.recipe.stop_after).toBe(3));
});
