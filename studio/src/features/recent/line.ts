// The line as people see it. Pure.
import type { Generation } from "@/api/types";

/** What is drawn or stands still first, then what waits, in the order of its turns. */
export function inLine(open: readonly Generation[]): readonly Generation[] {
  const rank = ({ state, position }: Generation) =>
    state === "queued" ? 1 + (position ?? Number.MAX_SAFE_INTEGER) : 0;
  return [...open].sort((a, b) => rank(a) - rank(b) || a.created_at.localeCompare(b.created_at));
}

/** Its place among those that wait with its priority, from 0: what another place is asked for by. */
export const placeOf = (line: readonly Generation[], generation: Generation): number =>
  mates(line, generation).findIndex(({ id }) => id === generation.id);

export const mates = (line: readonly Generation[], { priority }: Generation): readonly Generation[] =>
  line.filter((one) => one.state === "queued" && one.priority === priority);
