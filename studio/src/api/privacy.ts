// What somebody may ask about themselves, and what a workspace decides for itself.
import { ask } from "@/api/ask";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Category = Schemas["Category"];
export type Preferences = Schemas["Preferences"];
export type Verdict = Schemas["safelight__domain__verdict__Verdict"];
export type VerdictRecord = Schemas["VerdictRecord"];
export type WorkspaceSettings = Schemas["WorkspaceSettings"];

export const EXPORT_URL = "/api/v1/me/export";

export const getPreferences = (signal: AbortSignal): Promise<Preferences> =>
  ask("get", "/api/v1/me/preferences", { signal });

export const setPreferences = (wish: Preferences): Promise<Preferences> =>
  ask("put", "/api/v1/me/preferences", { body: wish });

export const agreeTo = (version: string) => ask("post", "/api/v1/me/consent", { body: { version } });

/** Erases whoever asks; `confirm` is their name. */
export const eraseMe = (confirm: string) => ask("delete", "/api/v1/me", { body: { confirm } });

export const getWorkspaceSettings = (workspace: string, signal: AbortSignal): Promise<WorkspaceSettings> =>
  ask("get", "/api/v1/workspaces/{workspace}/settings", { path: { workspace }, signal });

export const setWorkspaceSettings = (workspace: string, wish: WorkspaceSettings): Promise<WorkspaceSettings> =>
  ask("put", "/api/v1/workspaces/{workspace}/settings", { path: { workspace }, body: wish });

export const moderate = (text: string) => ask("post", "/api/v1/moderations", { body: { text } });

export const getRefusals = async (limit: number, signal: AbortSignal): Promise<readonly VerdictRecord[]> =>
  (await ask("get", "/api/v1/moderations", { query: { allowed: false, limit }, signal })).items;
