// What can be done to a generation, and what was. Pure.
import type { Capability, Recipe } from "@/api/types";
import { type Development, lastStep, over } from "@/features/develop/development";

/** A panel that asks what exactly is to be done. */
export type Act = "steer" | "inject" | "branch";

/** An act that is being thought over, at a step. */
export interface Acting {
  readonly act: Act;
  /** Null follows the generation: it happens at the next step. */
  readonly step: number | null;
  /** It was running, and stands still until somebody has made up their mind. */
  readonly held: boolean;
}

/** Something that was done, at the step that shows it first. */
export interface Mark {
  readonly step: number;
  readonly kind: "steer" | "inject" | "stop";
  readonly recipe: Recipe;
  /** Index among the recipe's steering or injections. */
  readonly index: number;
}

export function marksOf({ recipe }: Development): readonly Mark[] {
  return [
    ...recipe.steering.map(({ step }, index) => ({ step, kind: "steer" as const, recipe, index })),
    ...recipe.injections.map(({ first }, index) => ({ step: first, kind: "inject" as const, recipe, index })),
    ...(recipe.stop_after ? [{ step: recipe.stop_after, kind: "stop" as const, recipe, index: 0 }] : []),
  ];
}

/** Steps that all prints have taken, or none; an act under way happens after the furthest. */
export const taken = ({ prints }: Development): number => Math.max(0, ...prints.map(({ done }) => done));

export interface Possible {
  readonly pause: boolean;
  readonly resume: boolean;
  readonly steer: boolean;
  readonly inject: boolean;
  /** Leave off and keep the picture as it is. */
  readonly leaveOff: boolean;
  readonly cancel: boolean;
  readonly branch: boolean;
}

/** What can be asked of a generation now, by a model of these capabilities. */
export function possible(development: Development, capabilities: readonly Capability[]): Possible {
  const { phase } = development;
  const can = (one: Capability) => capabilities.includes(one);
  const open = !over(development);
  const midway = open && taken(development) < lastStep(development);
  return {
    pause: can("steering") && midway && phase !== "paused",
    resume: can("steering") && phase === "paused",
    steer: can("steering") && midway,
    inject: can("steering") && can("injection") && midway,
    leaveOff: can("steering") && midway && taken(development) > 0,
    cancel: open,
    branch: can("steering") && (taken(development) > 0 || phase === "finished"),
  };
}

/** Where an act would happen: at its own step, or after the last that was taken; never beyond the end. */
export function actStep(acting: Acting, development: Development): number {
  const next = taken(development) + 1;
  return Math.min(Math.max(1, acting.step ?? next), Math.max(1, development.total));
}

/** The step that a branch from a position begins with: what is seen at the position is still shared. */
export const branchStep = (position: number, total: number): number => Math.min(position + 1, Math.max(1, total));

/** The words and the guidance that a step is taken with. */
export interface Direction {
  readonly prompt: string;
  readonly guidance: number;
}

/** What holds at a step, after all turns up to it. */
export function directionAt(recipe: Recipe, step: number): Direction {
  const turns = recipe.steering.filter((change) => change.step <= step);
  return {
    prompt: turns.findLast(({ prompt }) => prompt)?.prompt ?? recipe.prompt,
    guidance: turns.findLast(({ guidance }) => guidance !== null)?.guidance ?? recipe.guidance ?? 0,
  };
}

/** What of a wish is different from what holds already; empty where nothing is. */
export function changed(before: Direction, wish: Direction): Partial<Direction> {
  const prompt = wish.prompt.trim();
  return {
    ...(prompt !== "" && prompt !== before.prompt ? { prompt } : {}),
    ...(wish.guidance !== before.guidance ? { guidance: wish.guidance } : {}),
  };
}

/** What a branch does otherwise than its parent, to name it by. */
export interface Difference {
  readonly prompt: string | null;
  readonly guidance: number | null;
  readonly noise: Recipe["injections"][number] | null;
}

export function differenceOf({ recipe, branchOf }: Development): Difference {
  const step = branchOf?.step ?? 1;
  const turn = recipe.steering.find((change) => change.step === step);
  return {
    prompt: turn?.prompt ?? null,
    guidance: turn?.guidance ?? null,
    noise: recipe.injections.find(({ first }) => first >= step) ?? null,
  };
}
