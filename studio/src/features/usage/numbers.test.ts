import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ceiling, dayOf, duration } from "@/features/usage/numbers";

// The page says which language it is in, and here is none.
beforeAll(() => void vi.stubGlobal("document", { documentElement: { lang: "en" } }));
afterAll(() => void vi.unstubAllGlobals());

it("ends an axis at a number that is easily read", () => {
  expect([0, 0.03, 1, 3, 7, 21, 999].map(ceiling)).toEqual([1, 0.05, 1, 5, 10, 25, 1000]);
});

it("says times in the unit that keeps them short", () => {
  expect([0.42, 12.6, 150, 7200].map(duration)).toEqual(["0.4 s", "13 s", "2.5 min", "2 h"]);
});

it("names a day wherever one is", () => {
  expect(dayOf("2026-11-03")).toContain("3");
});
