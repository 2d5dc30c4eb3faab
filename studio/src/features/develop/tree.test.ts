import { expect, it } from "vitest";
import { exampleGeneration, exampleRecipe } from "@/api/example";
import type { Generation } from "@/api/types";
import { actStep, branchStep, changed, differenceOf, directionAt, marksOf, possible } from "@/features/develop/acts";
import { type Development, develop, lastStep, undeveloped } from "@/features/develop/development";
import { inOrder, sourceAt, strips, treeOf } from "@/features/develop/tree";

const picture = { id: "p", url: "/p", thumbnail_url: "/t", width: 8, height: 8, seed: 1 };
const born = (id: string, parent?: string, step = 1, change: Partial<Generation> = {}): Development =>
  undeveloped(
    exampleGeneration({ id, branch_of: parent ? { generation: parent, picture: 0, step } : null, total: 4, ...change }),
  );
const exposed = (development: Development, steps: readonly number[]): Development =>
  steps.reduce(
    (state, step) =>
      develop(state, {
        at: 0,
        event: {
          kind: "step",
          picture: 0,
          step,
          total: 4,
          progress: step / 4,
          sigma: 1,
          ms: 1,
          frame: {
            url: `/${development.id}/${step}`,
            width: 1,
            height: 1,
            media_type: "image/png",
            source: "denoise",
            data: null,
          },
        },
      }),
    development,
  );

it("is a tree whose later branches come first, so that no tie crosses a strip", () => {
  const family = [
    born("a"),
    born("early", "a", 2),
    born("late", "a", 4),
    born("twig", "early", 3),
    born("lost", "gone", 3),
  ];
  const tree = treeOf(family);
  expect(inOrder(tree).map(({ id }) => id)).toEqual(["a", "late", "early", "twig", "lost"]);
  expect(tree.map(({ from }) => from)).toEqual([1, 1]);
  expect(strips(tree)).toBe(5);
});

it("shows what a branch shares with its parent from there, also over two branches", () => {
  const [a, b, c] = [
    exposed(born("a"), [1, 2, 3, 4]),
    exposed(born("b", "a", 3), [3]),
    exposed(born("c", "b", 4), [4]),
  ];
  const at = (position: number) => sourceAt([a, b, c], { development: c, print: 0, position });
  expect([1, 2, 3, 4].map(at)).toEqual(["/a/1", "/a/2", "/b/3", "/c/4"]);
  expect(sourceAt([c], { development: c, print: 0, position: 2 })).toBeNull();
});

it("knows what can be done, and what a model cannot", () => {
  const all = ["steering", "injection"] as const;
  const running = exposed(born("a", undefined, 1, { state: "running" }), [1]);
  expect(possible(running, all)).toMatchObject({
    pause: true,
    resume: false,
    inject: true,
    leaveOff: true,
    branch: true,
  });
  expect(possible(running, ["steering"]).inject).toBe(false);
  expect(possible(running, [])).toMatchObject({ pause: false, branch: false, cancel: true });
  const paused = develop(running, { at: 0, event: { kind: "notice", code: "paused", detail: "" } });
  expect(possible(paused, all)).toMatchObject({ pause: false, resume: true, steer: true });
  const ended = develop(running, { at: 0, event: { kind: "finished", pictures: [picture] } });
  expect(possible(ended, all)).toMatchObject({ steer: false, cancel: false, branch: true });
});

it("acts after the furthest step, and never beyond the last", () => {
  const running = exposed(born("a"), [1, 2]);
  expect(actStep({ act: "inject", step: null, held: false }, running)).toBe(3);
  expect(actStep({ act: "branch", step: 9, held: false }, running)).toBe(4);
  expect([branchStep(2, 4), branchStep(4, 4)]).toEqual([3, 4]);
});

it("reads from the recipe what was done, and what holds at a step", () => {
  const steering = [
    { step: 2, prompt: "a blue dragon", negative_prompt: null, guidance: null },
    { step: 3, prompt: null, negative_prompt: null, guidance: 9 },
  ];
  const injections = [
    { pattern: "circle" as const, mask: null, first: 3, last: null, strength: 1, seed: 0, feather: 0.1 },
  ];
  const recipe = { ...exampleRecipe, steering, injections, stop_after: 3 };
  const branch = born("b", "a", 3, { recipe });
  expect(marksOf(branch).map(({ kind, step }) => [kind, step])).toEqual([
    ["steer", 2],
    ["steer", 3],
    ["inject", 3],
    ["stop", 3],
  ]);
  expect(directionAt(recipe, 1)).toEqual({ prompt: "a red dragon", guidance: 5 });
  expect(directionAt(recipe, 4)).toEqual({ prompt: "a blue dragon", guidance: 9 });
  expect(changed(directionAt(recipe, 4), { prompt: " a blue dragon ", guidance: 4 })).toEqual({ guidance: 4 });
  expect(differenceOf(branch)).toMatchObject({ prompt: null, guidance: 9, noise: { pattern: "circle" } });
  expect(lastStep(branch)).toBe(3);
});
