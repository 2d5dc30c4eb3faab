import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ask } from "@/api/ask";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Usage = Schemas["Usage"];
export type UsageDay = Schemas["Day"];
export type Percentiles = Schemas["Percentiles"];

const DAY_MS = 86_400_000;
const LISTED = 10;

/** What the workspace used the server for in the last so many days, today among them; days are those of UTC. */
export const useUsage = (days: number) =>
  useQuery({
    queryKey: ["usage", days],
    queryFn: ({ signal }) => {
      const today = new Date().toISOString().slice(0, 10);
      const from = new Date(Date.parse(today) - (days - 1) * DAY_MS).toISOString();
      return ask("get", "/api/v1/usage", { query: { from, top: LISTED }, signal });
    },
    refetchInterval: 60_000,
    placeholderData: keepPreviousData,
  });
