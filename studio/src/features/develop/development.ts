// What is known of a generation, as a pure function of the events received. No DOM, no clock, no network.
import type { BranchOf, FeedEvent, Frame, FrameSource, Generation, Picture, Recipe } from "@/api/types";

export type Phase = Generation["state"];

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
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly retryable: boolean;
}

export interface Remark {
  readonly code: string;
  readonly detail: string;
}

export interface Development {
  readonly id: string;
  /** Kept up with what is steered. */
  readonly recipe: Recipe;
  readonly branchOf: BranchOf | null;
  readonly phase: Phase;
  readonly position: number;
  readonly etaSeconds: number;
  readonly model: string | null;
  readonly seed: number | null;
  readonly total: number;
  readonly progress: number;
  readonly prints: readonly Print[];
  /** What happened besides the steps; what somebody did to it is not among them. */
  readonly notices: readonly Remark[];
  /** How often it was steered: more than is known of means that the recipe has to be asked for again. */
  readonly turns: number;
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
    branchOf: generation.branch_of ?? null,
    phase: generation.state,
    position: 0,
    etaSeconds: 0,
    model: recipe.model ?? null,
    seed: recipe.seed ?? null,
    total: generation.total || (recipe.steps ?? 0),
    progress: generation.state === "finished" ? 1 : 0,
    prints: Array.from({ length: recipe.count }, (_, n) => ({ ...UNEXPOSED, picture: generation.pictures[n] ?? null })),
    notices: [],
    turns: 0,
    failure: generation.error ?? null,
  };
}

/** Whether nothing follows any more. */
export const over = ({ phase }: Development): boolean =>
  phase === "finished" || phase === "failed" || phase === "cancelled";

/** The same with what the server says of the recipe by now; whoever steers is told before the feed tells everybody. */
export const amended = (state: Development, { recipe }: Generation): Development => ({ ...state, recipe });

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
      return note(state, event);
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

function note(state: Development, { code, detail }: Extract<FeedEvent, { kind: "notice" }>): Development {
  if (code === "paused") return { ...state, phase: "paused" };
  if (code === "resumed") return { ...state, phase: "running" };
  if (code === "steered") return { ...state, turns: state.turns + 1 };
  // That a branch begins where it left its parent, its strip shows already.
  if (code === "went_on" && state.branchOf !== null) return state;
  return { ...state, notices: [...state.notices, { code, detail }] };
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

/** What the preview at a position is: the picture coming up, one that a service sent, or nothing yet. Null for a finished print. */
export function previewAt({ prints, total }: Development, print: number, position: number): FrameSource | null {
  const here = prints[print];
  if (here === undefined || (position > total && here.picture)) return null;
  return frameAt(here, position)?.frame?.source ?? null;
}

/** The last step that will be taken: all of them, unless it leaves off earlier. */
export const lastStep = ({ total, recipe }: Development): number => Math.min(total, recipe.stop_after ?? total);

/** The last position that can be looked at: the newest step, or the finished print behind the last step. */
export const lastPosition = ({ total, prints, phase }: Development, print: number): number =>
  phase === "finished" && prints[print]?.picture ? total + 1 : (prints[print]?.done ?? 0);

/**
 * Seconds until the last print is done, from the pace of its latest steps; null before there is a pace.
 * Prints that were not begun while others are well under way come after them, not beside them.
 */
export function secondsLeft(state: Development): number | null {
  if (state.phase !== "running" || state.total === 0) return null;
  const last = lastStep(state);
  const begun = state.prints.filter((print) => print.done > 0);
  const pace = Math.max(...begun.map(stepMs));
  if (!Number.isFinite(pace)) return null;
  const longest = Math.max(0, ...begun.map((print) => last - print.done));
  const inTurn = begun.some((print) => print.done > 1) ? state.prints.length - begun.length : 0;
  return ((longest + inTurn * last) * pace) / 1000;
}

/** Milliseconds a step takes: the median of the last few, never less than the model itself needed. */
function stepMs(print: Print): number {
  const known = print.steps.filter((step) => step !== undefined).slice(-7);
  const times = known.map((step, n) => Math.max(step.ms, n > 0 ? step.at - (known[n - 1]?.at ?? 0) : 0));
  return times.slice(times.length > 1 ? 1 : 0).sort((a, b) => a - b)[Math.floor((times.length - 1) / 2)] ?? 0;
}
