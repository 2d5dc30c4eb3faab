// Where noise falls, as the engine works it out (engine/masks.py): the nine patterns and their soft edges. Pure.
import type { Pattern } from "@/api/types";
import { twister } from "@/ui/grain/twister";

export const PATTERNS: readonly Pattern[] = [
  "circle",
  "square",
  "edges",
  "top",
  "bottom",
  "left",
  "right",
  "checkerboard",
  "blobs",
];

/** A mask in [0, 1], row by row. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly cells: Float32Array;
}

/** Radius, half a side, width and side, as parts of the shorter side. */
const CIRCLE = 0.4;
const SQUARE = 0.25;
const EDGE = 0.125;
const CHECK = 0.25;
const BLOBS = 5;

/** Whether the pattern is at a place: `x` and `y` from the middle, in shorter sides; `right` and `down` the borders. */
type Inside = (x: number, y: number, right: number, down: number) => boolean;

const INSIDE: Readonly<Record<Exclude<Pattern, "blobs">, Inside>> = {
  circle: (x, y) => x * x + y * y <= CIRCLE * CIRCLE,
  square: (x, y) => Math.abs(x) <= SQUARE && Math.abs(y) <= SQUARE,
  edges: (x, y, right, down) => down - Math.abs(y) <= EDGE || right - Math.abs(x) <= EDGE,
  top: (_, y) => y < 0,
  bottom: (_, y) => y > 0,
  left: (x) => x < 0,
  right: (x) => x > 0,
  checkerboard: (x, y, right, down) => (Math.floor((y + down) / CHECK) + Math.floor((x + right) / CHECK)) % 2 === 0,
};

function blobs(seed: number): Inside {
  const dice = twister(seed);
  const thrown = Array.from({ length: BLOBS }, () => ({ down: dice(), right: dice(), radius: 0.08 + 0.12 * dice() }));
  return (x, y, right, down) =>
    thrown.some((blob) => {
      const [dx, dy] = [x - (2 * blob.right - 1) * right, y - (2 * blob.down - 1) * down];
      return dx * dx + dy * dy <= blob.radius * blob.radius;
    });
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly seed?: number;
  /** Width of the soft edge, as a part of the shorter side. */
  readonly feather?: number;
}

export function patternMask(pattern: Pattern, { width, height, seed = 0, feather = 0 }: Shape): Mask {
  const short = Math.min(width, height);
  const inside = pattern === "blobs" ? blobs(seed) : INSIDE[pattern];
  const cells = new Float32Array(width * height);
  const [right, down] = [width / short / 2, height / short / 2];
  for (let row = 0; row < height; row++) {
    const y = (row + 0.5 - height / 2) / short;
    for (let column = 0; column < width; column++) {
      const x = (column + 0.5 - width / 2) / short;
      cells[row * width + column] = inside(x, y, right, down) ? 1 : 0;
    }
  }
  return soften({ width, height, cells }, Math.round(feather * short));
}

/** What is white stays white; around it the mask falls to nothing over about `width` cells. */
export function soften(mask: Mask, width: number): Mask {
  const reach = Math.floor(width / 2);
  if (reach < 1) return mask;
  const grown = pooled(pooled(mask, reach, "across", widest), reach, "down", widest);
  return pooled(pooled(grown, reach, "across", mean), reach, "down", mean);
}

type Pool = (values: Float32Array, first: number, last: number) => number;
const widest: Pool = (values, first, last) => {
  let most = 0;
  for (let n = first; n <= last; n++) most = Math.max(most, values[n] ?? 0);
  return most;
};
const mean: Pool = (values, first, last) => {
  let sum = 0;
  for (let n = first; n <= last; n++) sum += values[n] ?? 0;
  return sum / (last - first + 1);
};

function pooled({ width, height, cells }: Mask, reach: number, along: "across" | "down", pool: Pool): Mask {
  const [length, lines, stride, next] = along === "across" ? [width, height, 1, width] : [height, width, width, 1];
  const out = new Float32Array(cells.length);
  const line = new Float32Array(length);
  for (let one = 0; one < lines; one++) {
    for (let n = 0; n < length; n++) line[n] = cells[one * next + n * stride] ?? 0;
    for (let n = 0; n < length; n++) {
      out[one * next + n * stride] = pool(line, Math.max(0, n - reach), Math.min(length - 1, n + reach));
    }
  }
  return { width, height, cells: out };
}
