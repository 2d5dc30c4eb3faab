import { expect, it } from "vitest";
import { type AxisDraft, cellsOf, fieldsOf, toBatch, valuesOf } from "@/features/batch/axes";

const axis = (field: AxisDraft["field"], text: string, search = ""): AxisDraft => ({ field, text, search });
const read = (one: AxisDraft) => valuesOf(one, "a red dragon", ["euler", "heun"]);

it.each<[AxisDraft, unknown]>([
  [axis("guidance", "3, 5.5 ,7"), { values: [3, 5.5, 7] }],
  [axis("guidance", "3 to 9 by 2"), { values: [3, 5, 7, 9] }],
  [axis("guidance", "0 to 0.3 by 0.1"), { values: [0, 0.1, 0.2, 0.3] }],
  [axis("steps", "3 to 1"), { values: [3, 2, 1] }],
  [axis("steps", "3, 4.5"), { fault: "number" }],
  [axis("seed", "1 to 900"), { fault: "span" }],
  [axis("seed", "1 to 9 by 0"), { fault: "span" }],
  [axis("guidance", " , "), { fault: "empty" }],
  [axis("sampler", "euler, heun"), { values: ["euler", "heun"] }],
  [axis("sampler", "euler, magic"), { fault: "sampler" }],
  [axis("prompt", "red, blue", "red"), { values: ["red", "blue"] }],
  [axis("prompt", "red, blue", "green"), { fault: "search" }],
])("reads %o", (one, expected) => {
  expect(read(one)).toEqual(expected);
});

it("counts every combination, and none while a side is not right", () => {
  const [three, two, wrong] = [read(axis("guidance", "1,2,3")), read(axis("steps", "4,8")), read(axis("steps", "x"))];
  expect([cellsOf([three, two]), cellsOf([three, wrong]), cellsOf([])]).toEqual([6, 0, 0]);
});

it("asks for one picture a cell, at the recipe's own paths", () => {
  const axes = [axis("prompt", "red, blue", "red"), axis("strength", "0.2, 0.8")];
  expect(toBatch({ prompt: "a red dragon", count: 4 }, axes, axes.map(read))).toEqual({
    recipe: { prompt: "a red dragon", count: 1 },
    axes: [
      { field: "prompt", values: ["red", "blue"], search: "red" },
      { field: "image.strength", values: [0.2, 0.8] },
    ],
  });
});

it("offers what there is to vary", () => {
  expect(fieldsOf({ prompt: "a" })).not.toContain("strength");
  const image = { image: "pic_1", strength: 0.5, at_step: null };
  expect(fieldsOf({ prompt: "a", image, loras: [{ id: "ink", weight: 1 }] })).toEqual(
    expect.arrayContaining(["strength", "lora"]),
  );
});
