// What the person has set so far, as a value; `toWish` makes of it what the server is asked for.
import type { ModelCard, Recipe, Resolution, Sampler, Tier, Wish } from "@/api/types";

export const SEED_LIMIT = 2 ** 32;
export const COUNTS = [1, 2, 4, 6] as const;

/** null stands for "the model's own". */
export interface Draft {
  readonly prompt: string;
  readonly negative: string;
  readonly model: string | null;
  readonly steps: number | null;
  readonly guidance: number | null;
  readonly sampler: Sampler | null;
  /** A locked seed; null draws a new one each time. */
  readonly seed: number | null;
  readonly size: Size | null;
  readonly count: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const BLANK: Draft = {
  prompt: "",
  negative: "",
  model: null,
  steps: null,
  guidance: null,
  sampler: null,
  seed: null,
  size: null,
  count: 1,
};

export const rollSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

export function toWish(draft: Draft, card: ModelCard | undefined): Wish {
  return {
    prompt: draft.prompt.trim(),
    negative_prompt: draft.negative.trim(),
    model: card?.id ?? draft.model,
    steps: draft.steps,
    guidance: draft.guidance,
    sampler: draft.sampler,
    seed: draft.seed,
    width: draft.size?.width ?? null,
    height: draft.size?.height ?? null,
    count: draft.count,
  };
}

/** A draft that would draw the recipe's picture again. What equals the model's own stays "the model's own". */
export function fromRecipe(recipe: Recipe, card: ModelCard | undefined): Draft {
  const own = <Value>(value: Value | null | undefined, its: Value | undefined): Value | null =>
    value === its ? null : (value ?? null);
  const { width, height } = recipe;
  const native = width === card?.sizes.width && height === card?.sizes.height;
  return {
    // Wildcards and styles were written out for drawing; what the person typed is kept beside that.
    prompt: recipe.prompt_template ?? recipe.prompt,
    negative: recipe.negative_template ?? recipe.negative_prompt,
    model: recipe.model ?? null,
    steps: own(recipe.steps, card?.defaults.steps),
    guidance: own(recipe.guidance, card?.defaults.guidance),
    sampler: own(recipe.sampler, card?.defaults.sampler),
    seed: recipe.seed ?? null,
    size: width && height && !native ? { width, height } : null,
    count: recipe.count,
  };
}

/** The draft for another model: what the new one cannot do falls back to its own ways. */
export function withModel(draft: Draft, card: ModelCard): Draft {
  return {
    ...draft,
    model: card.id,
    sampler: draft.sampler && card.samplers.includes(draft.sampler) ? draft.sampler : null,
    size: draft.size && fits(card, draft.size) ? draft.size : null,
  };
}

export function fits({ sizes }: ModelCard, { width, height }: Size): boolean {
  return [width, height].every(
    (side) => side >= sizes.smallest && side <= sizes.largest && side % sizes.multiple === 0,
  );
}

/** The named sizes a model draws, its native one left out. */
export const otherSizes = (card: ModelCard, resolutions: readonly Resolution[]): readonly Resolution[] =>
  resolutions.filter(
    (size) => fits(card, size) && !(size.width === card.sizes.width && size.height === card.sizes.height),
  );

/** The tier the draft's steps and guidance stand for; null when they are the model's own or the person's. */
export const tierOf = (draft: Draft, tiers: readonly Tier[]): Tier | null =>
  tiers.find((tier) => tier.steps === draft.steps && tier.guidance === draft.guidance) ?? null;

/** Reads a draft back from storage; anything unknown or of the wrong type is left out. */
export function revive(stored: string | null): Draft {
  if (stored === null) return BLANK;
  try {
    const read = JSON.parse(stored) as Record<string, unknown>;
    const known = Object.entries(BLANK).map(([field, blank]) => [field, accepted(read[field], field, blank)]);
    return Object.fromEntries(known) as Draft;
  } catch {
    return BLANK;
  }
}

const TEXT_FIELDS: readonly string[] = ["model", "sampler"];
const NUMBER_FIELDS: readonly string[] = ["steps", "guidance", "seed"];

function accepted(value: unknown, field: string, blank: unknown): unknown {
  if (TEXT_FIELDS.includes(field)) return typeof value === "string" ? value : blank;
  if (NUMBER_FIELDS.includes(field)) return typeof value === "number" ? value : blank;
  if (field === "size") return isSize(value) ? value : blank;
  return typeof value === typeof blank ? value : blank;
}

const isSize = (value: unknown): value is Size =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Size).width === "number" &&
  typeof (value as Size).height === "number";
