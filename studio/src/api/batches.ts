import { useQuery } from "@tanstack/react-query";
import { ask } from "@/api/ask";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Batch = Schemas["Batch"];
export type BatchInFull = Schemas["BatchInFull"];
export type Cell = Schemas["Cell"];
export type BatchWish = Partial<Schemas["BatchInput"]>;

/** Asks for every combination of a grid: all of it is accepted, or nothing. */
export const submitBatch = (wish: unknown, key: string): Promise<Batch> =>
  ask("post", "/api/v1/batches", { body: wish, headers: { "Idempotency-Key": key } });

export const cancelBatch = (id: string): Promise<BatchInFull> =>
  ask("delete", "/api/v1/batches/{batch}", { path: { batch: id } });

const LOOKED_EVERY_MS = 1_500;

/** A batch and its cells, looked at again for as long as something of it is to be drawn. */
export const useBatch = (id: string) =>
  useQuery({
    queryKey: ["batch", id],
    queryFn: ({ signal }) => ask("get", "/api/v1/batches/{batch}", { path: { batch: id }, signal }),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && state.data.state !== "running" ? false : LOOKED_EVERY_MS),
  });
