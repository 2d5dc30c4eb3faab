// What can be asked about a recipe before it is drawn.
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ask } from "@/api/ask";
import type { components } from "@/api/schema";
import type { AdapterCard, Estimate, ModelCard, Wish } from "@/api/types";

export type Mode = components["schemas"]["Mode"];
export type Enhancement = components["schemas"]["Enhancement"];

const AFTER_MS = 400;

/** A value once it has been the same for a moment: what is typed is asked about when somebody stops to think. */
export function useSettled<Value>(value: Value, ms = AFTER_MS): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

const estimate = (wish: Wish, signal: AbortSignal): Promise<Estimate> =>
  ask("post", "/api/v1/estimates", { body: wish, signal });

/** What a wish would take. Images that are not there yet, and half a recipe, say nothing. */
export function useEstimate(wish: Wish | null) {
  const asked = useSettled(JSON.stringify(wish));
  return useQuery({
    queryKey: ["estimate", asked],
    queryFn: ({ signal }) => estimate(JSON.parse(asked) as Wish, signal),
    enabled: asked !== "null",
    retry: false,
    placeholderData: keepPreviousData,
  });
}

/** What one picture of each model would take, by the models' ids; what cannot be said is left out. */
export function useFits(cards: readonly ModelCard[]): ReadonlyMap<string, Estimate> {
  const answers = useQueries({
    queries: cards.map(({ id, state }) => ({
      queryKey: ["estimate", "fit", id, state],
      queryFn: ({ signal }: { signal: AbortSignal }) => estimate({ prompt: "a picture", model: id }, signal),
      retry: false,
    })),
  });
  const found = answers.flatMap(({ data }, n) => (data ? [[cards[n]?.id ?? "", data] as const] : []));
  return new Map(found);
}

/** How a model reads the prompts. */
export function useAnalysis(prompt: string, negative: string, model: string | null) {
  const without = negative.trim() ? { negative_prompt: negative } : {};
  const asked = useSettled(JSON.stringify({ prompt, model, ...without }));
  return useQuery({
    queryKey: ["analysis", asked],
    queryFn: ({ signal }) => ask("post", "/api/v1/prompts/analysis", { body: JSON.parse(asked), signal }),
    enabled: (JSON.parse(asked) as { prompt: string }).prompt.trim() !== "",
    retry: false,
    placeholderData: keepPreviousData,
  });
}

export const enhance = (prompt: string, mode: Mode): Promise<Enhancement> =>
  ask("post", "/api/v1/prompts/enhancements", { body: { prompt: prompt.trim(), mode } });

export const useAdapters = () =>
  useQuery({
    queryKey: ["adapters"],
    queryFn: async ({ signal }): Promise<readonly AdapterCard[]> =>
      (await ask("get", "/api/v1/adapters", { signal })).items,
  });
