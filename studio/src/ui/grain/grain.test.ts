import { expect, it } from "vitest";
import { grainPixels } from "@/ui/grain/develop";
import { PATTERNS, patternMask, soften } from "@/ui/grain/patterns";
import { twister } from "@/ui/grain/twister";

const sum = (cells: Float32Array): number => cells.reduce((total, cell) => total + cell, 0);

it.each([
  [0, [0.49625658988952637, 0.7682217955589294, 0.08847743272781372]],
  [3, [0.004263520240783691, 0.10556936264038086, 0.2858424782752991]],
  [4294967295, [0.9937993884086609, 0.5713063478469849, 0.5700080394744873]],
])("throws torch's dice for seed %i", (seed, drawn) => {
  const dice = twister(seed);
  expect([dice(), dice(), dice()]).toEqual(drawn);
});

it("puts every pattern where the engine does", () => {
  const counted = PATTERNS.map((pattern) => sum(patternMask(pattern, { width: 48, height: 32, seed: 3 }).cells));
  expect(counted).toEqual([524, 256, 576, 768, 768, 768, 768, 768, 221]);
});

it("softens edges as the engine does", () => {
  const { cells, width } = soften(patternMask("square", { width: 16, height: 16 }), 5);
  const row = [...cells.slice(8 * width, 9 * width)];
  const engine = [1 / 3, 0.5, 0.6, 0.8, 1, 1, 1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.5, 1 / 3];
  row.forEach((cell, n) => {
    expect(cell).toBeCloseTo(engine[n] ?? Number.NaN, 6);
  });
});

it("grains only what the mask lets through, more with more strength", () => {
  const mask = patternMask("left", { width: 8, height: 4 });
  const [weak, strong] = [grainPixels(mask, 0.4, 1), grainPixels(mask, 1.2, 1)];
  expect(weak[7 * 4 + 3]).toBe(0);
  expect(strong[3]).toBeGreaterThan(weak[3] ?? 255);
  expect(grainPixels(mask, 0.4, 1)).toEqual(weak);
  expect(grainPixels(mask, 0.4, 2)).not.toEqual(weak);
});
