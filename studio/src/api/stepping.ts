// Stepping in: what may be asked of a generation under way, and of one that has ended.
import { ask } from "@/api/ask";
import { getGeneration } from "@/api/client";
import type { BranchChanges, Generation, Steering } from "@/api/types";

/** How many generations are looked through for branches, and how far a branch is followed back. */
const LOOKED_THROUGH = 200;
const DEPTH_LIMIT = 24;

export const steer = (id: string, steering: Steering): Promise<Generation> =>
  ask("patch", "/api/v1/generations/{generation}", { path: { generation: id }, body: steering });

export interface BranchWish {
  /** The first step that is taken anew. */
  readonly step: number;
  readonly picture: number;
  readonly changes: BranchChanges;
}

/** Develops one picture of a generation again from a step. `key` makes it safe to ask twice. */
export const branchOff = (id: string, wish: BranchWish, key: string): Promise<Generation> =>
  ask("post", "/api/v1/generations/{generation}/branches", {
    path: { generation: id },
    body: wish,
    headers: { "Idempotency-Key": key },
  });

export const reproduce = (id: string) =>
  ask("post", "/api/v1/generations/{generation}/reproduce", {
    path: { generation: id },
    headers: { Prefer: "wait=60" },
  });

/** Whatever shares its beginning with a generation: what it branched off from, and what branched off; oldest first, itself left out. */
export async function relativesOf(generation: Generation): Promise<readonly Generation[]> {
  const parents = await forebears(generation);
  const { items } = await ask("get", "/api/v1/generations", { query: { limit: LOOKED_THROUGH } });
  return [...parents, ...offspring([...parents, generation], items)];
}

async function forebears(generation: Generation): Promise<Generation[]> {
  const found: Generation[] = [];
  for (let of = generation.branch_of; of && found.length < DEPTH_LIMIT; of = found[0]?.branch_of ?? null) {
    const parent = await getGeneration(of.generation).catch(() => null); // One that is forgotten: the tree begins after it.
    if (parent === null) break;
    found.unshift(parent);
  }
  return found;
}

/** Those of `all` that branched off from one of `known`, over any number of branches; oldest first. */
export function offspring(known: readonly Generation[], all: readonly Generation[]): Generation[] {
  const ids = new Set(known.map(({ id }) => id));
  const found: Generation[] = [];
  for (const one of [...all].sort((a, b) => a.created_at.localeCompare(b.created_at))) {
    if (!ids.has(one.id) && one.branch_of && ids.has(one.branch_of.generation)) {
      ids.add(one.id);
      found.push(one);
    }
  }
  return found;
}
