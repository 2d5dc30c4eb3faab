// What changes along the sides of a grid, as somebody types it. Pure.
import type { Sampler, Wish } from "@/api/types";

export const CELLS_LIMIT = 500;
export const AXES_LIMIT = 3;

export type Field = "guidance" | "steps" | "sampler" | "seed" | "prompt" | "strength" | "weight" | "lora";

export interface AxisDraft {
  readonly field: Field;
  /** Values with commas between them, or `3 to 9 by 2` in any of the languages. */
  readonly text: string;
  /** The words of the prompt that are replaced. */
  readonly search: string;
}

/** Where in the recipe a field is. */
const PATHS: Readonly<Record<Field, string>> = {
  guidance: "guidance",
  steps: "steps",
  sampler: "sampler",
  seed: "seed",
  prompt: "prompt",
  strength: "image.strength",
  weight: "prompt_image.weight",
  lora: "loras.0.weight",
};
const WHOLE: readonly Field[] = ["steps", "seed"];
/** `3 to 9 by 2`, in the words of every language of the studio, whichever is spoken. */
const SPAN =
  /^\s*(-?[\d.]+)\s*(?:to|bis|à|a|到|至|[〜～]|\.\.)\s*(-?[\d.]+)\s*(?:(?:by|je|par|cada|每|[/:])\s*(-?[\d.]+)\s*)?$/i;

/** The fields that a recipe has anything to vary in. */
export function fieldsOf(wish: Wish): readonly Field[] {
  const always: Field[] = ["prompt", "guidance", "steps", "sampler", "seed"];
  return [
    ...always,
    ...(wish.image ? (["strength"] as const) : []),
    ...(wish.prompt_image ? (["weight"] as const) : []),
    ...(wish.loras?.length ? (["lora"] as const) : []),
  ];
}

export type Fault = "empty" | "number" | "span" | "search" | "sampler";
export type Read = { readonly values: readonly (string | number)[] } | { readonly fault: Fault };

/** The values of an axis, or what is wrong with them. */
export function valuesOf({ field, text, search }: AxisDraft, prompt: string, samplers: readonly Sampler[]): Read {
  if (field === "prompt" && (search.trim() === "" || !prompt.includes(search.trim()))) return { fault: "search" };
  const span = SPAN.exec(text);
  if (span && field !== "prompt" && field !== "sampler") return spanned(span);
  const parts = text
    .split(/[,，、]/)
    .map((part) => part.trim())
    .filter(Boolean);
  if (parts.length === 0) return { fault: "empty" };
  if (field === "prompt") return { values: parts };
  if (field === "sampler") {
    return parts.every((part) => samplers.some((sampler) => sampler === part))
      ? { values: parts }
      : { fault: "sampler" };
  }
  const numbers = parts.map(Number);
  const legal = numbers.every((one) => Number.isFinite(one) && (!WHOLE.includes(field) || Number.isInteger(one)));
  return legal ? { values: numbers } : { fault: "number" };
}

function spanned([, first, last, by]: RegExpExecArray): Read {
  const [from, to] = [Number(first), Number(last)];
  const step = by === undefined ? Math.sign(to - from) || 1 : Number(by);
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (![from, to, step].every(Number.isFinite) || !(count >= 1) || count > CELLS_LIMIT) return { fault: "span" };
  return { values: Array.from({ length: count }, (_, n) => Math.round((from + n * step) * 1e9) / 1e9) };
}

/** How many pictures a grid has; 0 while one of its sides is not right yet. */
export const cellsOf = (reads: readonly Read[]): number =>
  reads.reduce((product, read) => product * ("values" in read ? read.values.length : 0), reads.length ? 1 : 0);

/** The grid as the server is asked for it. */
export function toBatch(recipe: Wish, axes: readonly AxisDraft[], reads: readonly Read[]): unknown {
  return {
    recipe: { ...recipe, count: 1 },
    axes: axes.map(({ field, search }, n) => {
      const read = reads[n];
      const values = read && "values" in read ? read.values : [];
      return { field: PATHS[field], values, ...(field === "prompt" ? { search: search.trim() } : {}) };
    }),
  };
}
