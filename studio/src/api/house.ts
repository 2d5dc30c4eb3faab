// What those who look after a server ask of it: models, keys, people, the log.
import { ask } from "@/api/ask";
import type {
  ApiKey,
  Deed,
  Diagnostics,
  Member,
  ModelCard,
  NewKey,
  ProviderList,
  Role,
  User,
  Workspace,
} from "@/api/types";

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor?: string | null;
}

export const addModel = (source: string): Promise<ModelCard> => ask("post", "/api/v1/models", { body: { source } });

export const removeModel = (model: string) => ask("delete", "/api/v1/models/{model}", { path: { model } });

export const loadModel = (model: string) => ask("post", "/api/v1/models/{model}/residency", { path: { model } });

export const unloadModel = (model: string) => ask("delete", "/api/v1/models/{model}/residency", { path: { model } });

export const getProviders = (signal: AbortSignal): Promise<ProviderList> => ask("get", "/api/v1/providers", { signal });

/** Gives the workspace credentials of its own for a service. */
export const giveCredentials = ({ provider, values }: { provider: string; values: Readonly<Record<string, string>> }) =>
  ask("put", "/api/v1/providers/{provider}/credentials", { path: { provider }, body: { values } });

export const takeCredentials = (provider: string) =>
  ask("delete", "/api/v1/providers/{provider}/credentials", { path: { provider } });

export const getDiagnostics = (signal: AbortSignal): Promise<Diagnostics> => ask("get", "/diagnostics", { signal });

export const getVersion = async (signal: AbortSignal): Promise<string> =>
  (await ask("get", "/health", { signal })).version;

export const getKeys = (cursor: string | null, signal: AbortSignal): Promise<Page<ApiKey>> =>
  ask("get", "/api/v1/keys", { query: { limit: 100, cursor }, signal });

export const makeKey = (wish: { name: string; role: Role; expires_at: string | null }): Promise<NewKey> =>
  ask("post", "/api/v1/keys", { body: wish });

export const revokeKey = (key: string) => ask("delete", "/api/v1/keys/{key}", { path: { key } });

export const getUsers = (cursor: string | null, signal: AbortSignal): Promise<Page<User>> =>
  ask("get", "/api/v1/users", { query: { limit: 100, cursor }, signal });

export const makeUser = (wish: { name: string; password: string }): Promise<User> =>
  ask("post", "/api/v1/users", { body: wish });

export const removeUser = (user: string) => ask("delete", "/api/v1/users/{user}", { path: { user } });

export const setPassword = (user: string, password: string) =>
  ask("put", "/api/v1/users/{user}/password", { path: { user }, body: { password } });

export const getWorkspaces = (cursor: string | null, signal: AbortSignal): Promise<Page<Workspace>> =>
  ask("get", "/api/v1/workspaces", { query: { limit: 100, cursor }, signal });

export const makeWorkspace = (name: string): Promise<Workspace> =>
  ask("post", "/api/v1/workspaces", { body: { name } });

export const removeWorkspace = (workspace: string) =>
  ask("delete", "/api/v1/workspaces/{workspace}", { path: { workspace } });

export const getMembers = async (workspace: string, signal: AbortSignal): Promise<readonly Member[]> =>
  (await ask("get", "/api/v1/workspaces/{workspace}/members", { path: { workspace }, signal })).items;

export const setMember = (workspace: string, user: string, role: Role): Promise<Member> =>
  ask("put", "/api/v1/workspaces/{workspace}/members/{user}", { path: { workspace, user }, body: { role } });

export const removeMember = (workspace: string, user: string) =>
  ask("delete", "/api/v1/workspaces/{workspace}/members/{user}", { path: { workspace, user } });

export const getDeeds = (cursor: string | null, signal: AbortSignal): Promise<Page<Deed>> =>
  ask("get", "/api/v1/audit", { query: { limit: 50, cursor }, signal });
