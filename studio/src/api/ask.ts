import { Problem } from "@/api/problem";
import type { paths } from "@/api/schema";

type Method = "get" | "post" | "put" | "patch" | "delete";
type Paths<Verb extends Method> = {
  [Path in keyof paths]: undefined extends paths[Path][Verb] ? never : Path;
}[keyof paths];
type Good = 200 | 201 | 202 | 204;
type Answers<Operation> = Operation extends { readonly responses: infer Responses }
  ? { [Status in keyof Responses & Good]: JsonOf<Responses[Status]> }[keyof Responses & Good]
  : never;
type JsonOf<Response> = Response extends { readonly content: { readonly "application/json": infer Body } }
  ? Body
  : undefined;

type Term = string | number | boolean | null | undefined;

export interface Asking {
  /** Fills `{name}` in the path. */
  readonly path?: Readonly<Record<string, string>>;
  /** Lists are said several times; what is null or undefined is left out. */
  readonly query?: Readonly<Record<string, Term | readonly string[]>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Asks the server; the answer's type comes from the OpenAPI document. Throws a `Problem` unless it is a good one. */
export async function ask<Verb extends Method, Path extends Paths<Verb>>(
  method: Verb,
  path: Path,
  asking: Asking = {},
): Promise<Answers<paths[Path][Verb]>> {
  const response = await askRaw(method, urlOf(String(path), asking), asking);
  return (response.status === 204 ? undefined : await response.json().catch(() => null)) as Answers<paths[Path][Verb]>;
}

/** The same for answers that are no JSON. */
export async function askRaw(method: Method, url: string, { body, headers, signal }: Asking = {}): Promise<Response> {
  const send = async () =>
    reach(url, {
      method: method.toUpperCase(),
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(method === "get" ? {} : await signature()),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  let response = await send();
  // The session may be another one than when the token was read: somebody signed in again in another tab.
  if (response.status === 403 && method !== "get" && (await renewSignature())) response = await send();
  if (response.ok) return response;
  throw tell(Problem.from(response.status, await response.json().catch(() => null)));
}

export function urlOf(path: string, { path: names, query }: Pick<Asking, "path" | "query">): string {
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names?.[name] ?? ""));
  const terms = Object.entries(query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((term) => term !== null && term !== undefined)
      .map((term) => [name, String(term)]),
  );
  return terms.length ? `${url}?${new URLSearchParams(terms)}` : url;
}

export async function reach(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw Problem.unreachable();
  });
}

// ---- whoever is signed in

let token: Promise<string | null> | undefined;
const listeners = new Set<() => void>();

/** Calls back whenever the server answers that it takes somebody who is known. */
export function onStranger(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Tells those who listen when a problem is that nobody is signed in, and gives it back. */
export function tell(problem: Problem): Problem {
  if (problem.status === 401) for (const listener of listeners) listener();
  return problem;
}

/** What a session's requests have to carry besides its cookie; the token is known from `GET /api/v1/me`. */
export async function signature(): Promise<Record<string, string>> {
  token ??= readToken();
  const value = await token;
  return value === null ? {} : { "X-CSRF-Token": value };
}

/** Remembers the token of a session that has just begun; null when it ended. */
export function setToken(value: string | null): void {
  token = Promise.resolve(value);
}

async function renewSignature(): Promise<boolean> {
  const before = await token;
  token = readToken();
  return (await token) !== before;
}

async function readToken(): Promise<string | null> {
  try {
    const response = await reach("/api/v1/me", { headers: { Accept: "application/json" } });
    if (response.ok) return ((await response.json()) as { csrf_token: string | null }).csrf_token;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  // Not known now; the next request asks again.
  token = undefined;
  return null;
}
