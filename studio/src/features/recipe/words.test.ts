import { expect, it } from "vitest";
import { accept, suggestionsFor } from "@/features/recipe/suggestions";
import { piecesOf, weightsOf } from "@/features/recipe/weights";

const weighed = (prompt: string) =>
  weightsOf(prompt).map(({ start, end, weight }) => [prompt.slice(start, end), weight]);

it.each<[string, (string | number)[][]]>([
  ["a red cat", []],
  ["a (red) cat", [["red", 1.1]]],
  [
    "a ((red)) [cat]",
    [
      ["red", 1.21],
      ["cat", 0.909],
    ],
  ],
  [
    "a (red:1.5) (blue:0.4) cat",
    [
      ["red", 1.5],
      ["blue", 0.4],
    ],
  ],
  [
    "((a:2) cat)",
    [
      ["a", 2.2],
      [" cat", 1.1],
    ],
  ],
  ["a (red cat", []],
  ["a red) cat]", []],
  ["a \\(red\\) cat", []],
  ["noon: (a cat)", [["a cat", 1.1]]],
])("weighs “%s” as the server does", (prompt, expected) => {
  expect(weighed(prompt)).toEqual(expected);
});

it("loses no letter of a prompt in pieces", () => {
  const prompt = "a (red:1.5) and [pale] cat, ((loud))";
  expect(
    piecesOf(prompt)
      .map(({ text }) => text)
      .join(""),
  ).toBe(prompt);
});

const known = {
  wildcards: ["animal", "colour", "creature"],
  prompts: ["a red dragon", "A Red dress", "a blue cat", "a red dragon"],
  triggers: ["inkwash"],
};

it("suggests lists after two underscores, and puts them in at the caret", () => {
  const [first, ...others] = suggestionsFor("a __c", known);
  expect([first, ...others].map((one) => one?.text)).toEqual(["__colour__", "__creature__"]);
  expect(first && accept("a __c cat", 5, first)).toEqual(["a __colour__ cat", 12]);
  expect(suggestionsFor("a __colour__", known)).toEqual([]);
});

it("suggests earlier prompts that begin so, each once, and words that a LoRA listens to", () => {
  expect(suggestionsFor("a red", known).map(({ text }) => text)).toEqual(["a red dragon", "A Red dress"]);
  expect(suggestionsFor("a bridge, ink", known)).toEqual([{ text: "inkwash", from: 10, kind: "trigger" }]);
  expect(suggestionsFor("a", known)).toEqual([]);
});
