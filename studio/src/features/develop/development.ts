// What is known of a generation, as a pure function of the events received. No DOM, no clock, no network.
import type { FeedEvent, Frame, Generation, Picture, Recipe } from "@/api/types";

export type Phase = "queued" | "running" | "finished" | "failed" | "cancelled";

export interface Step {
  /** From 1 to the total. */
  readonly step: number;
  readonly sigma: number;
  readonly ms: number;
  readonly frame: Frame | null;
  /** When it arrived here, in milliseconds. */
  readonly at: number;
}

/** One picture of a generation on its way. `steps[n - 1]` is step n; undefined while, or because, it is not known. */
export interface Print {
  readonly steps: readonly (Step | undefined)[];
  readonly done: number;
  readonly picture: Picture | null;
}

export interface Failure {
  readonly detail: string;
  readonly hint: string;
  readonly retryable: boolean;
}

export interface Development {
  readonly id: string;
  readonly recipe: Recipe;
  readonly phase: Phase;
  readonly position: number;
  readonly etaSeconds: number;
  readonly model: string | null;
  readonly seed: number | null;
  readonly total: number;
  readonly progress: number;
  readonly prints: readonly Print[];
  readonly notices: readonly string[];
  readonly failure: Failure | null;
}

export interface Received {
  readonly event: FeedEvent;
  /** When it arrived, in milliseconds. */
  readonly at: number;
}

const UNEXPOSED: Print = { steps: [], done: 0, picture: null };

/** A generation as the server describes it, before any of its events. */
export function undeveloped(generation: Generation): Development {
  const { recipe } = generation;
  return {
    id: generation.id,
    recipe,
    phase: generation.state === "paused" ? "running" : generation.state,
    position: 0,
    etaSeconds: 0,
    model: recipe.model ?? null,
    seed: recipe.seed ?? null,
    total: recipe.steps ?? 0,
    progress: generation.state === "finished" ? 1 : 0,
    prints: Array.from({ length: recipe.count }, (_, n) => ({ ...UNEXPOSED, picture: generation.pictures[n] ?? null })),
    notices: [],
    failure: generation.error ?? null,
  };
}

/** The next state. */
export function develop(state: Development, { event, at }: Received): Development {
  switch (event.kind) {
    case "queued":
      return { ...state, phase: "queued", position: event.position, etaSeconds: event.eta_s };
    case "started":
      return { ...state, phase: "running", model: event.model, seed: event.seed };
    case "step":
      return expose(state, event, at);
    case "notice":
      return { ...state, notices: [...state.notices, event.detail] };
    case "gap":
      return state; // What is no longer kept shows as holes in `steps`.
    case "finished":
      return { ...state, phase: "finished", progress: 1, prints: fix(state.prints, event.pictures) };
    case "failed":
      return { ...state, phase: "failed", failure: event };
    case "cancelled":
      return { ...state, phase: "cancelled" };
  }
}

function expose(state: Development, event: Extract<FeedEvent, { kind: "step" }>, at: number): Development {
  const { step, sigma, ms, total, picture, progress } = event;
  const before = state.prints[picture] ?? UNEXPOSED;
  const steps = before.steps.slice();
  while (steps.length < step) steps.push(undefined);
  steps[step - 1] = { step, sigma, ms, frame: event.frame ?? null, at };
  const prints = state.prints.slice();
  while (prints.length <= picture) prints.push(UNEXPOSED);
  prints[picture] = { ...before, steps, done: Math.max(before.done, step) };
  return { ...state, phase: "running", total, progress: Math.max(state.progress, progress), prints };
}

const fix = (prints: readonly Print[], pictures: readonly Picture[]): Print[] =>
  pictures.map((picture, n) => ({ ...(prints[n] ?? UNEXPOSED), picture }));

/** The newest step of a print that has a frame, at or before `step`. */
export function frameAt(print: Print, step: number): Step | undefined {
  for (let n = Math.min(step, print.steps.length); n > 0; n--) {
    const there = print.steps[n - 1];
    if (there?.frame) return there;
  }
  return undefined;
}

/**
 * Seconds until the last print is done, from the pace of its latest steps; null before there is a pace.
 * Prints that were not begun while others are well under way come after them, not beside them.
 */
export function secondsLeft(state: Development): number | null {
  if (state.phase !== "running" || state.total === 0) return null;
  const begun = state.prints.filter((print) => print.done > 0);
  const pace = Math.max(...begun.map(stepMs));
  if (!Number.isFinite(pace)) return null;
  const longest = Math.max(...begun.map((print) => state.total - print.done));
  const inTurn = begun.some((print) => print.done > 1) ? state.prints.length - begun.length : 0;
  return ((longest + inTurn * state.total) * pace) / 1000;
}

/** Milliseconds a step takes: the median of the last few, never less than the model itself needed. */
function stepMs(print: Print): number {
  const known = print.steps.filter((step) => step !== undefined).slice(-7);
  const times = known.map((step, n) => Math.max(step.ms, n > 0 ? step.at - (known[n - 1]?.at ?? 0) : 0));
  return times.slice(times.length > 1 ? 1 : 0).sort((a, b) => a - b)[Math.floor((times.length - 1) / 2)] ?? 0;
}
