// What the person has set so far, as a value; `toWish` makes of it what the server is asked for.
import type { Capability, ModelCard, Recipe, Resolution, Sampler, Tier, Wish } from "@/api/types";

export const SEED_LIMIT = 2 ** 32;
export const COUNTS = [1, 2, 4, 6] as const;

/** What goes to the server as it is; each of it only some models can do. */
export type Extras = Pick<
  Recipe,
  | "image"
  | "mask"
  | "outpaint"
  | "hires"
  | "prompt_image"
  | "loras"
  | "controls"
  | "ip_adapter"
  | "injections"
  | "styles"
  | "clip_skip"
  | "schedule"
  | "provider"
>;

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
  readonly extras: Extras;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const PLAIN: Extras = {
  image: null,
  mask: null,
  outpaint: null,
  hires: null,
  prompt_image: null,
  loras: [],
  controls: [],
  ip_adapter: null,
  injections: [],
  styles: [],
  clip_skip: 0,
  schedule: null,
  provider: null,
};

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
  extras: PLAIN,
};

const NEEDED: Readonly<Partial<Record<keyof Extras, Capability>>> = {
  image: "image",
  mask: "mask",
  outpaint: "mask",
  hires: "hires",
  prompt_image: "prompt_image",
  loras: "lora",
  controls: "control",
  ip_adapter: "ip_adapter",
  injections: "injection",
  clip_skip: "clip_skip",
};

export const rollSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

/** Whether a model takes a field of a recipe; what it does not take, it decides itself. */
export const takes = (card: ModelCard | undefined, field: string): boolean => !card?.fixed.includes(field);

/** What the model does not take stays in the draft, for one that does, and is not sent. */
export function toWish(draft: Draft, card: ModelCard | undefined): Wish {
  const open = <Value>(field: string, value: Value): Value | null => (takes(card, field) ? value : null);
  const extras = finished(card ? possibleWith(draft.extras, card) : draft.extras);
  return {
    ...extras,
    prompt: draft.prompt.trim(),
    negative_prompt: takes(card, "negative_prompt") ? draft.negative.trim() : "",
    model: card?.id ?? draft.model,
    steps: open("steps", draft.steps),
    guidance: open("guidance", draft.guidance),
    sampler: open("sampler", draft.sampler),
    schedule: open("schedule", extras.schedule),
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
    extras: { ...pick(recipe, PLAIN), schedule: own(recipe.schedule, card?.defaults.schedule) },
  };
}

const pick = (recipe: Recipe, like: Extras): Extras =>
  Object.fromEntries(Object.keys(like).map((field) => [field, recipe[field as keyof Extras]])) as unknown as Extras;

/** The draft for another model: what the new one cannot do falls back to its own ways. */
export function withModel(draft: Draft, card: ModelCard): Draft {
  return {
    ...draft,
    model: card.id,
    sampler: draft.sampler && card.samplers.includes(draft.sampler) ? draft.sampler : null,
    size: draft.size && fits(card, draft.size) ? draft.size : null,
    extras: possibleWith(draft.extras, card),
  };
}

/** What of it a model can do. A mask or a border without its image goes, too. */
export function possibleWith(extras: Extras, card: ModelCard): Extras {
  const can = (field: keyof Extras) => {
    const capability = NEEDED[field];
    return capability === undefined || card.capabilities.includes(capability);
  };
  const fields = Object.keys(PLAIN) as (keyof Extras)[];
  const kept = Object.fromEntries(fields.map((field) => [field, (can(field) ? extras : PLAIN)[field]]));
  return withoutOrphans(kept as unknown as Extras);
}

/** What is asked for: an adapter that still waits for its image is not. */
const finished = (extras: Extras): Extras => ({
  ...extras,
  controls: extras.controls.filter(({ image }) => image !== ""),
  ip_adapter: extras.ip_adapter?.image ? extras.ip_adapter : null,
});

export const withoutOrphans = (extras: Extras): Extras =>
  extras.image === null ? { ...extras, mask: null, outpaint: null } : extras;

export function fits({ sizes }: ModelCard, { width, height }: Size): boolean {
  if (sizes.only.length > 0) return sizes.only.some(([w, h]) => w === width && h === height);
  return [width, height].every(
    (side) => side >= sizes.smallest && side <= sizes.largest && side % sizes.multiple === 0,
  );
}

/** The named sizes a model draws, its native one left out. */
export function otherSizes(card: ModelCard, resolutions: readonly Resolution[]): readonly Resolution[] {
  const native = ({ width, height }: Size) => width === card.sizes.width && height === card.sizes.height;
  const named = resolutions.filter((size) => fits(card, size) && !native(size));
  const only = card.sizes.only
    .map(([width, height]) => ({ id: `${width}x${height}`, name: "", width: Number(width), height: Number(height) }))
    .filter(
      (size) => !native(size) && !named.some(({ width, height }) => width === size.width && height === size.height),
    );
  return [...named, ...only];
}

/** Width over height of what would be drawn. */
export function ratioOf({ size }: Draft, card: ModelCard | undefined): number {
  const { width, height } = size ?? card?.sizes ?? { width: 1, height: 1 };
  return width / height;
}

/** The tier the draft's steps and guidance stand for; null when they are the model's own or the person's. */
export const tierOf = (draft: Draft, tiers: readonly Tier[]): Tier | null =>
  tiers.find((tier) => tier.steps === draft.steps && tier.guidance === draft.guidance) ?? null;

/** Reads a draft back from storage; anything unknown or of the wrong type is left out. */
export function revive(stored: string | null): Draft {
  if (stored === null) return BLANK;
  try {
    const read = JSON.parse(stored) as Record<string, unknown>;
    const known = Object.entries(BLANK).map(([field, blank]) => [field, accepted(read[field], field, blank)]);
    return Object.fromEntries(known) as unknown as Draft;
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
  if (field === "extras") return isObject(value) ? extrasFrom(value) : blank;
  return typeof value === typeof blank ? value : blank;
}

/** What is wrong inside of one, the server says by name; here only what would break the page is kept out. */
function extrasFrom(read: Record<string, unknown>): Extras {
  const same = (value: unknown, plain: unknown) => {
    if (Array.isArray(plain)) return Array.isArray(value);
    if (typeof plain === "number") return typeof value === "number";
    return value === null || isObject(value) || (typeof value === "string" && value !== "");
  };
  const known = Object.entries(PLAIN).map(([field, plain]) => [field, same(read[field], plain) ? read[field] : plain]);
  return withoutOrphans(Object.fromEntries(known) as unknown as Extras);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is Size =>
  isObject(value) && typeof value.width === "number" && typeof value.height === "number";
