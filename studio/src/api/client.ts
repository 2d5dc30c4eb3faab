import { ask, reach } from "@/api/ask";
import { Problem } from "@/api/problem";
import type { Generation, ModelCard, PictureRecord, Presets, Wish } from "@/api/types";

/** Submits a wish. `key` makes it safe to ask again: the same key and wish give the same generation. */
export const submit = (wish: Wish, key: string): Promise<Generation> =>
  ask("post", "/api/v1/generations", { body: wish, headers: { "Idempotency-Key": key } });

/** The same, and answers when it has ended, or after a minute. */
export const drawAndWait = (wish: Wish, key: string): Promise<Generation> =>
  ask("post", "/api/v1/generations", { body: wish, headers: { "Idempotency-Key": key, Prefer: "wait=60" } });

export const getGeneration = (id: string): Promise<Generation> =>
  ask("get", "/api/v1/generations/{generation}", { path: { generation: id } });

export const cancelGeneration = (id: string): Promise<Generation> =>
  ask("delete", "/api/v1/generations/{generation}", { path: { generation: id } });

/** Everything that is being drawn, waits for it or stands still, newest first. */
export async function openGenerations(signal: AbortSignal): Promise<readonly Generation[]> {
  const states = ["queued", "running", "paused"] as const;
  const pages = await Promise.all(
    states.map((state) => ask("get", "/api/v1/generations", { query: { state, limit: 100 }, signal })),
  );
  return pages.flatMap((page) => page.items);
}

export const recentPictures = async (limit: number, signal: AbortSignal): Promise<readonly PictureRecord[]> =>
  (await ask("get", "/api/v1/pictures", { query: { limit }, signal })).items;

export const getModels = async (signal: AbortSignal): Promise<readonly ModelCard[]> =>
  (await ask("get", "/api/v1/models", { signal })).items;

export const getPresets = (signal: AbortSignal): Promise<Presets> => ask("get", "/api/v1/presets", { signal });

/** What keeps a generation from starting at once; null when nothing does. Throws when there is no server. */
export async function getObstacle(signal: AbortSignal): Promise<Problem | null> {
  const response = await reach("/ready", { signal, headers: { Accept: "application/json" } });
  if (response.ok) return null;
  const body: unknown = await response.json().catch(() => null);
  // A proxy without its server behind it answers with a bare 502 or 504; ours explains itself with a 503.
  if (response.status !== 503) throw Problem.unreachable();
  return Problem.from(response.status, body);
}
