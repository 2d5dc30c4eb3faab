// Who this browser is to the server.
import { useQuery } from "@tanstack/react-query";
import { ask, setToken } from "@/api/ask";
import type { Me } from "@/api/types";

/** A name with a password, or a key. */
export type Credentials =
  | { readonly user: string; readonly password: string; readonly workspace: string | null }
  | { readonly key: string };

export async function signIn(credentials: Credentials): Promise<Me> {
  const me = await ask("post", "/api/v1/session", { body: credentials });
  setToken(me.csrf_token);
  return me;
}

export async function signOut(): Promise<void> {
  await ask("delete", "/api/v1/session");
  setToken(null);
}

const ME = ["me"] as const;

/** Who one is here; an error of status 401 says: nobody that is known. */
export const useMe = () =>
  useQuery({
    queryKey: ME,
    queryFn: async ({ signal }) => {
      const me = await ask("get", "/api/v1/me", { signal });
      setToken(me.csrf_token);
      return me;
    },
    retry: false,
    staleTime: 60_000,
    refetchInterval: ({ state }) => (state.error ? 5_000 : false),
  });

/** Whether one looks after a workspace; and after the server itself. */
export function useStanding(): { readonly admin: boolean; readonly house: boolean; readonly creator: boolean } {
  const { data: me } = useMe();
  const admin = me?.role === "admin" && me.scopes.includes("manage");
  return { admin, house: admin && me.workspace === "default", creator: me !== undefined && me.role !== "viewer" };
}
