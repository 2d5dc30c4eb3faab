import { describe, expect, it } from "vitest";
import { exampleGeneration, exampleRecipe } from "@/api/example";
import type { FeedEvent } from "@/api/types";
import { announcement } from "@/features/develop/announcement";
import { type Development, develop, frameAt, secondsLeft, undeveloped } from "@/features/develop/development";

const generation = (count = 1) => exampleGeneration({ recipe: { ...exampleRecipe, count } });

const step = (n: number, { picture = 0, progress = n / 4, framed = true } = {}): FeedEvent => ({
  kind: "step",
  picture,
  step: n,
  total: 4,
  progress,
  sigma: 10 / n,
  ms: 100,
  frame: framed
    ? { url: `/frames/${n}`, width: 8, height: 8, media_type: "image/png", source: "denoise", data: null }
    : null,
});
const started: FeedEvent = { kind: "started", provider: "fake", model: "fake", seed: 7 };
const picture = { id: "p1", url: "/p1", thumbnail_url: "/t1", width: 8, height: 8, seed: 7 };

const developed = (events: readonly FeedEvent[], { count = 1, everyMs = 100 } = {}): Development =>
  events.reduce((state, event, n) => develop(state, { event, at: n * everyMs }), undeveloped(generation(count)));

describe("a development", () => {
  it("waits with its position", () => {
    const state = developed([{ kind: "queued", position: 3, eta_s: 12 }]);
    expect(state).toMatchObject({ phase: "queued", position: 3, etaSeconds: 12 });
  });

  it("fills its strip step by step and ends with the picture", () => {
    const state = developed([started, step(1), step(2), step(3), step(4), { kind: "finished", pictures: [picture] }]);
    expect(state).toMatchObject({ phase: "finished", seed: 7, progress: 1 });
    expect(state.prints[0]?.steps.map((s) => s?.step)).toEqual([1, 2, 3, 4]);
    expect(state.prints[0]?.picture).toEqual(picture);
  });

  it("keeps several prints apart and its progress from going back", () => {
    const state = developed([started, step(1, { picture: 1, progress: 0.5 }), step(1, { progress: 0.25 })], {
      count: 2,
    });
    expect(state.prints.map((print) => print.done)).toEqual([1, 1]);
    expect(state.progress).toBe(0.5);
  });

  it("leaves holes where steps are no longer kept", () => {
    const state = developed([{ kind: "gap", from: 1, to: 3 }, step(3)]);
    expect(state.prints[0]?.steps.map((s) => s?.step)).toEqual([undefined, undefined, 3]);
  });

  it("stands still and goes on, and counts how often it was steered", () => {
    const told = (code: string): FeedEvent => ({ kind: "notice", code, detail: code });
    const paused = developed([started, step(1), told("paused")]);
    expect(paused).toMatchObject({ phase: "paused", notices: [] });
    expect(secondsLeft(paused)).toBeNull();
    const going = developed([started, step(1), told("paused"), told("steered"), told("resumed"), told("prompt_cut")]);
    expect(going).toMatchObject({ phase: "running", turns: 1, notices: [{ code: "prompt_cut" }] });
  });

  it("says why it failed", () => {
    const state = developed([
      started,
      { kind: "failed", code: "x", detail: "No memory.", hint: "Less.", retryable: true },
    ]);
    expect(state).toMatchObject({ phase: "failed", failure: { detail: "No memory.", retryable: true } });
  });

  it("shows the newest frame at or before a step", () => {
    const print = developed([step(1), step(2, { framed: false }), step(3)]).prints[0];
    expect(print && frameAt(print, 2)?.step).toBe(1);
    expect(print && frameAt(print, 9)?.step).toBe(3);
  });
});

describe("seconds left", () => {
  it("are unknown before the first step and after the end", () => {
    expect(secondsLeft(developed([started]))).toBeNull();
    expect(secondsLeft(developed([started, { kind: "cancelled", step: 0 }]))).toBeNull();
  });

  it("follow the pace at which steps arrive", () => {
    expect(secondsLeft(developed([step(1), step(2)], { everyMs: 500 }))).toBeCloseTo(1);
  });

  it("never go faster than the model, even when a whole feed is replayed at once", () => {
    expect(secondsLeft(developed([step(1), step(2), step(3)], { everyMs: 0 }))).toBeCloseTo(0.1);
  });

  it("count prints that come after the others, and not those beside them", () => {
    expect(secondsLeft(developed([step(1), step(2)], { count: 2, everyMs: 0 }))).toBeCloseTo(0.6);
    expect(secondsLeft(developed([step(1), step(1, { picture: 1 })], { count: 2, everyMs: 0 }))).toBeCloseTo(0.3);
  });
});

describe("announcements", () => {
  it("are made at the start, each quarter and the end, once", () => {
    const events = [started, step(1), step(2), step(2), step(3), step(4), { kind: "finished", pictures: [] } as const];
    let state: Development | null = undeveloped(generation());
    const said = events.map((event) => {
      const before = state;
      state = develop(before as Development, { event, at: 0 });
      return announcement(before, state);
    });
    expect(said.filter(Boolean)).toHaveLength(5);
    expect(said[0]).toContain("Developing");
    expect(said[1]).toContain("25");
  });
});
