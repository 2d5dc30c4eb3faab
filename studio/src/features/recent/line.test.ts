import { expect, it } from "vitest";
import { exampleGeneration } from "@/api/example";
import { inLine, placeOf } from "@/features/recent/line";

const one = (id: string, position: number | null, priority: "low" | "normal" = "normal") =>
  exampleGeneration({ id, position, priority, state: position === null ? "running" : "queued" });

it("puts what waits in the order of its turns, behind what is drawn", () => {
  const line = inLine([one("c", 2), one("a", 0), one("r", null), one("b", 1, "low")]);
  expect(line.map(({ id }) => id)).toEqual(["r", "a", "b", "c"]);
});

it("counts a place among those of the same priority", () => {
  const line = inLine([one("c", 2), one("a", 0), one("b", 1, "low")]);
  expect(line.map((it) => placeOf(line, it))).toEqual([0, 0, 1]);
});
