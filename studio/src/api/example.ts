import type { Generation, Recipe } from "@/api/types";

/** A settled recipe and a generation of it, as the server describes them: for tests. */
export const exampleRecipe: Recipe = {
  prompt: "a red dragon",
  negative_prompt: "",
  model: "sprite",
  steps: 4,
  guidance: 5,
  sampler: "dpmpp_2m",
  schedule: "model",
  seed: 7,
  width: 64,
  height: 64,
  count: 1,
};

export const exampleGeneration = (change: Partial<Generation> = {}): Generation => ({
  id: "g1",
  state: "queued",
  recipe: exampleRecipe,
  created_at: "2026-01-01T00:00:00Z",
  started_at: null,
  ended_at: null,
  step: 0,
  total: 0,
  pictures: [],
  error: null,
  links: { self: "/api/v1/generations/g1", events: "/api/v1/generations/g1/events" },
  ...change,
});
