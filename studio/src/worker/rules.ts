// What the service worker does with a request, and what it forgets. Pure.

/** What is left alone never passes through the worker: writes, event streams, frames, files, and other programs' doors. */
export type Kind = "page" | "asset" | "part" | "pictures" | "thumbnail" | "me" | "left";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly mode: string;
}

/** What a page brings along besides, under names that stay. */
export const PARTS: readonly string[] = ["/theme.js", "/safelight.svg", "/safelight.webmanifest"];
const NO_PAGE =
  /^\/(api|share|v1|sdapi|internal|health|ready|diagnostics|metrics|media|mcp|assets|icons)(\/|$)|^\/[^/]+\.\w+$/;

export function kindOf({ method, path, mode }: Asked): Kind {
  if (method !== "GET") return "left";
  if (path === "/api/v1/me") return "me";
  if (path === "/api/v1/pictures") return "pictures";
  if (/^\/api\/v1\/pictures\/[^/]+\/thumbnail$/.test(path)) return "thumbnail";
  if (path.startsWith("/assets/")) return "asset";
  if (PARTS.includes(path)) return "part";
  return mode === "navigate" && !NO_PAGE.test(path) ? "page" : "left";
}

/** What must not be kept any longer once this was asked for: whoever comes next is somebody else, or it is another gallery. */
export function forgets({ method, path }: Asked): "nothing" | "pages" | "everything" {
  if (method === "GET" || method === "HEAD") return "nothing";
  if (path === "/api/v1/session" || path === "/api/v1/me") return "everything";
  if (!path.startsWith("/api/v1/pictures")) return "nothing";
  return method === "DELETE" || path === "/api/v1/pictures/bulk" ? "everything" : "pages";
}

/** The keys to let go of, oldest first, so that `most` are left. */
export const tooMany = <Key>(keys: readonly Key[], most: number): readonly Key[] =>
  keys.slice(0, Math.max(0, keys.length - most));
