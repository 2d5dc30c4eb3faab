// The server's nouns, named once. Everything here is derived from schema.d.ts, which is generated.
import type { components } from "@/api/schema";

type Schemas = components["schemas"];

/** One event of a generation's feed. */
export type FeedEvent = Schemas["Event"];
export type EventOf<Kind extends FeedEvent["kind"]> = Extract<FeedEvent, { readonly kind: Kind }>;

export type Frame = Schemas["Frame"];
export type Generation = Schemas["Generation"];
export type ModelCard = Schemas["ModelCard"];
export type Picture = Schemas["Picture"];
export type PictureRecord = Schemas["PictureRecord"];

/** What to call a picture: imported ones may have no prompt. */
export const titleOf = ({ recipe, file_name }: PictureRecord): string => recipe?.prompt ?? file_name;
export type Presets = Schemas["Presets"];
/** A settled recipe: nothing is left out. */
export type Recipe = Schemas["Recipe"];
/** A recipe as it is asked for: what is left out, or null, is the model's own. */
export type Wish = Partial<Schemas["RecipeInput"]> & Pick<Schemas["RecipeInput"], "prompt">;
export type Resolution = Schemas["Resolution"];
export type Sampler = Schemas["Sampler"];
export type Tier = Schemas["Tier"];

const FINAL: ReadonlySet<FeedEvent["kind"]> = new Set(["finished", "failed", "cancelled"]);

/** Whether nothing follows this event. */
export const isFinal = (event: FeedEvent): boolean => FINAL.has(event.kind);
