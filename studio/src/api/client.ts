import { Problem } from "@/api/problem";
import type { paths } from "@/api/schema";
import type { Generation, ModelCard, PictureRecord, Presets, Wish } from "@/api/types";

type Method = "get" | "post" | "delete";
type Paths<Verb extends Method> = {
  [Path in keyof paths]: undefined extends paths[Path][Verb] ? never : Path;
}[keyof paths];
type Answers<Operation> = Operation extends { readonly responses: infer Responses }
  ? { [Status in keyof Responses & (200 | 202)]: JsonOf<Responses[Status]> }[keyof Responses & (200 | 202)]
  : never;
type JsonOf<Response> = Response extends { readonly content: { readonly "application/json": infer Body } }
  ? Body
  : never;

interface Asking {
  /** Fills `{name}` in the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Asks the server; the answer's type comes from the OpenAPI document. Throws a `Problem` unless it is a good one. */
async function ask<Verb extends Method, Path extends Paths<Verb>>(
  method: Verb,
  path: Path,
  asking: Asking = {},
): Promise<Answers<paths[Path][Verb]>> {
  const url = String(path).replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(asking.path?.[name] ?? ""));
  const query = new URLSearchParams(Object.entries(asking.query ?? {}).map(([name, value]) => [name, String(value)]));
  const response = await reach(query.size ? `${url}?${query}` : url, {
    method: method.toUpperCase(),
    headers: {
      Accept: "application/json",
      ...(asking.body ? { "Content-Type": "application/json" } : {}),
      ...asking.headers,
    },
    ...(asking.body ? { body: JSON.stringify(asking.body) } : {}),
    ...(asking.signal ? { signal: asking.signal } : {}),
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw Problem.from(response.status, body);
  return body as Answers<paths[Path][Verb]>;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw Problem.unreachable();
  });
}

/** Submits a wish. `key` makes it safe to ask again: the same key and wish give the same generation. */
export const submit = (wish: Wish, key: string): Promise<Generation> =>
  ask("post", "/api/v1/generations", { body: wish, headers: { "Idempotency-Key": key } });

export const getGeneration = (id: string): Promise<Generation> =>
  ask("get", "/api/v1/generations/{generation}", { path: { generation: id } });

export const cancelGeneration = (id: string): Promise<Generation> =>
  ask("delete", "/api/v1/generations/{generation}", { path: { generation: id } });

/** Everything that is being drawn or waits for it, newest first. */
export async function openGenerations(signal: AbortSignal): Promise<readonly Generation[]> {
  const states = ["queued", "running"] as const;
  const pages = await Promise.all(
    states.map((state) => ask("get", "/api/v1/generations", { query: { state, limit: 12 }, signal })),
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
