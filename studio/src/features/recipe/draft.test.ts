import { expect, it } from "vitest";
import { exampleRecipe } from "@/api/example";
import type { ModelCard } from "@/api/types";
import { BLANK, fits, fromRecipe, otherSizes, PLAIN, revive, tierOf, toWish, withModel } from "@/features/recipe/draft";

const card: ModelCard = {
  id: "sprite",
  name: "Sprite",
  provider: "local",
  family: "sd",
  description: "",
  license: "",
  sizes: { width: 256, height: 256, multiple: 64, smallest: 128, largest: 512, only: [] },
  defaults: { steps: 20, guidance: 5, sampler: "dpmpp_2m", schedule: "model" },
  samplers: ["dpmpp_2m", "euler"],
  schedules: ["model"],
  capabilities: ["text"],
  clip_skip_limit: 0,
  weights_bytes: 0,
  source: "",
  state: "loaded",
  progress: null,
  fixed: [],
  price_usd: null,
  problem: null,
};

it("leaves to the model what nobody set", () => {
  const wish = toWish({ ...BLANK, prompt: "  a cat " }, card);
  expect(wish).toMatchObject({ prompt: "a cat", model: "sprite", steps: null, seed: null, width: null });
});

it("comes back from a settled recipe with the seed kept", () => {
  const settled = { ...exampleRecipe, steps: 20, seed: 9, width: 256, height: 256 };
  const draft = fromRecipe(settled, card);
  expect(draft).toEqual({ ...BLANK, prompt: "a red dragon", model: "sprite", seed: 9 });
});

it("drops what another model cannot do", () => {
  const draft = { ...BLANK, sampler: "heun" as const, size: { width: 1024, height: 1024 } };
  expect(withModel(draft, card)).toMatchObject({ model: "sprite", sampler: null, size: null });
});

it("offers the sizes a model draws", () => {
  const named = (width: number, height: number) => ({ id: `${width}`, name: "", width, height });
  expect(otherSizes(card, [named(256, 256), named(512, 512), named(1024, 576)])).toEqual([named(512, 512)]);
  expect(fits(card, { width: 200, height: 256 })).toBe(false);
});

it("knows the tier by its numbers", () => {
  const tiers = [{ id: "high", name: "High", steps: 28, guidance: 7 }];
  expect(tierOf({ ...BLANK, steps: 28, guidance: 7 }, tiers)?.id).toBe("high");
  expect(tierOf(BLANK, tiers)).toBeNull();
});

it("survives whatever storage holds", () => {
  expect(revive("{ broken")).toEqual(BLANK);
  expect(revive(JSON.stringify({ prompt: 3, seed: "x", count: 2, extra: 1 }))).toEqual({ ...BLANK, count: 2 });
});

it("drops what a model was never made for, and what is nothing without its image", () => {
  const extras = {
    ...PLAIN,
    image: { image: "pic_1", strength: 0.5, at_step: null },
    mask: { image: "img_1", feather: 8, invert: false },
    loras: [{ id: "ink", weight: 1 }],
    styles: ["noto"],
  };
  const able = { ...card, capabilities: ["image" as const, "mask" as const] };
  expect(withModel({ ...BLANK, extras }, able).extras).toEqual({ ...extras, loras: [] });
  expect(withModel({ ...BLANK, extras }, card).extras).toEqual({ ...PLAIN, styles: ["noto"] });
  expect(toWish({ ...BLANK, prompt: "a", extras }, able)).toMatchObject({ mask: { feather: 8 }, loras: [] });
});

it("keeps starting points over a reload, and nothing that would break the page", () => {
  const stored = { image: { image: "pic_1", strength: 0.5, at_step: null }, loras: "ink", clip_skip: "2", extra: 1 };
  expect(revive(JSON.stringify({ extras: stored })).extras).toEqual({ ...PLAIN, image: stored.image });
  expect(revive(JSON.stringify({ extras: { mask: { image: "img_1" } } })).extras).toEqual(PLAIN);
  expect(revive(JSON.stringify({ extras: [] }))).toEqual(BLANK);
});
