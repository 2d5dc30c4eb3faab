import { expect, it } from "vitest";
import { blank, type Dab, type Painting, paint, UNPAINTED } from "@/ui/paint/painting";

const painted = (...dabs: readonly Dab[]): Painting => dabs.reduce(paint, UNPAINTED);
const begin = (x: number, erase = false): Dab => ({ do: "begin", at: { x, y: 0.5 }, radius: 0.1, erase });

it("gathers what the brush goes over into strokes, kept on the sheet", () => {
  const { strokes } = painted(begin(0.5), { do: "extend", to: { x: 1.4, y: -0.2 } }, begin(0.1, true));
  expect(strokes.map(({ erase, points }) => [erase, points.length])).toEqual([
    [false, 2],
    [true, 1],
  ]);
  expect(strokes[0]?.points[1]).toEqual({ x: 1, y: 0 });
});

it("takes strokes back and puts them on again, until another one is painted", () => {
  const back = painted(begin(0.1), begin(0.2), { do: "undo" });
  expect(back.strokes).toHaveLength(1);
  expect(paint(back, { do: "redo" }).strokes).toHaveLength(2);
  expect(paint(paint(back, begin(0.3)), { do: "redo" }).strokes).toHaveLength(2);
  expect(painted({ do: "undo" }, { do: "redo" })).toEqual(UNPAINTED);
});

it("is blank until something is painted or it is turned round", () => {
  expect(blank(UNPAINTED)).toBe(true);
  expect(blank(painted(begin(0.5, true)))).toBe(true);
  expect(blank(painted(begin(0.5)))).toBe(false);
  expect(blank(painted({ do: "invert" }))).toBe(false);
  expect(painted(begin(0.5), { do: "invert" }, { do: "clear" })).toEqual(UNPAINTED);
});
