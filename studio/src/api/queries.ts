import { QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { getModels, getObstacle, getPresets, openGenerations, recentPictures } from "@/api/client";
import { getProviders } from "@/api/house";
import { Problem } from "@/api/problem";
import type { ModelCard } from "@/api/types";

const RECENT_PICTURES = 48;

export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        // The server may run on this very machine: what the browser thinks of the network says nothing about it.
        networkMode: "always",
        // A refusal stays a refusal; only silence is worth asking again.
        retry: (failures, error) =>
          failures < 2 && error instanceof Problem && (error.unreachable || error.status >= 500),
      },
    },
  });

export type Readiness =
  | { readonly state: "unknown" }
  | { readonly state: "ready" }
  | { readonly state: "loading"; readonly detail: string; readonly hint: string }
  | { readonly state: "offline" };

/** Whether a generation would start at once. Asks often while it would not. */
export function useReadiness(): Readiness & { retry(): void } {
  const { data, error, isPending, errorUpdateCount, refetch } = useQuery({
    queryKey: ["ready"],
    queryFn: ({ signal }) => getObstacle(signal),
    retry: false,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.error || state.data ? 2_000 : 15_000),
  });
  const retry = useCallback(() => void refetch(), [refetch]);
  // What never answered is asked again and again: that is no reason to say each time that nothing is known.
  if (isPending) return { state: errorUpdateCount > 0 ? "offline" : "unknown", retry };
  if (error) return { state: "offline", retry };
  return data ? { state: "loading", detail: data.message, hint: data.hint, retry } : { state: "ready", retry };
}

/** Asks for everything again once a server that was away, or not ready, is. */
export function useRecovery(): void {
  const client = useQueryClient();
  const { state } = useReadiness();
  const before = useRef(state);
  useEffect(() => {
    if (state === "ready" && (before.current === "offline" || before.current === "loading")) {
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "ready" });
    }
    before.current = state;
  }, [client, state]);
}

/** The models that can be drawn with. */
export const useModels = () =>
  useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => getModels(signal),
    select: (cards) => cards.filter(({ state }) => state === "installed" || state === "loaded"),
  });
/** What draws, here and elsewhere, how it is, and what was spent. */
export const useProviders = () =>
  useQuery({
    queryKey: ["providers"],
    queryFn: ({ signal }) => getProviders(signal),
    refetchInterval: 30_000,
  });
export const usePresets = () => useQuery({ queryKey: ["presets"], queryFn: ({ signal }) => getPresets(signal) });

export const pictureKey = (id: string) => ["picture", id] as const;

export const usePictures = () =>
  useQuery({ queryKey: ["pictures"], queryFn: ({ signal }) => recentPictures(RECENT_PICTURES, signal) });

/** What is being drawn or waits; asked for every few seconds only while there is something. */
export const useOpenGenerations = () =>
  useQuery({
    queryKey: ["generations", "open"],
    queryFn: ({ signal }) => openGenerations(signal),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.length ? 2_000 : 20_000),
  });

/** Tells the lists that a generation began or ended. */
export function useRefresh(): () => void {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: ["generations"] });
    void client.invalidateQueries({ queryKey: ["pictures"] });
  };
}

/** The card of a model, or of the server's first one for null. */
export function useCard(model: string | null): ModelCard | undefined {
  const { data: models } = useModels();
  return models?.find((card) => card.id === model) ?? models?.[0];
}
