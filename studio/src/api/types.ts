// The server's nouns, named once. Everything here is derived from schema.d.ts, which is generated.
import type { components } from "@/api/schema";

type Schemas = components["schemas"];

/** One event of a generation's feed. */
export type FeedEvent = Schemas["Event"];
export type EventOf<Kind extends FeedEvent["kind"]> = Extract<FeedEvent, { readonly kind: Kind }>;

export type Frame = Schemas["Frame"];
export type Generation = Schemas["Generation"];
/** Who one is here. */
export type Me = Schemas["Me"];
export type ModelCard = Schemas["ModelCard"];
export type Picture = Schemas["Picture"];
export type PictureRecord = Schemas["PictureRecord"];

/** What to call a picture: imported ones may have no prompt. */
export const titleOf = ({ recipe, file_name }: PictureRecord): string => recipe?.prompt ?? file_name;
export type Presets = Schemas["Presets"];
export type Counted = Schemas["Counted"];
export type Comparison = Schemas["Comparison"];
export type ShareLink = Schemas["ShareLink"];
export type NewShareLink = Schemas["NewShareLink"];
export type SharedPicture = Schemas["SharedPicture"];
export type Bulk = Schemas["Bulk"];
export type Storage = Schemas["Storage"];
export type ApiKey = Schemas["ApiKey"];
export type NewKey = Schemas["NewKey"];
export type KeyWish = Schemas["KeyWish"];
export type Role = Schemas["Role"];
export type User = Schemas["User"];
export type Workspace = Schemas["Workspace"];
export type Member = Schemas["Member"];
export type Deed = Schemas["Deed"];
export type ProviderState = Schemas["ProviderState"];
export type ProviderList = Schemas["ProviderList"];
export type FrameSource = Schemas["FrameSource"];
export type Diagnostics = Schemas["Diagnostics"];
export type ModelState = Schemas["ModelState"];
export type Origin = Schemas["Origin"];
/** A settled recipe: nothing is left out. */
export type Recipe = Schemas["Recipe"];
/** A recipe as it is asked for: what is left out, or null, is the model's own. */
export type Wish = Partial<Schemas["RecipeInput"]> & Pick<Schemas["RecipeInput"], "prompt">;
export type AdapterCard = Schemas["AdapterCard"];
export type Control = Schemas["Control"];
export type Estimate = Schemas["Estimate"];
export type Hires = Schemas["Hires"];
export type Lora = Schemas["Lora"];
export type PromptReading = Schemas["PromptReading"];
export type StartImage = Schemas["StartImage"];
export type Style = Schemas["Style"];
export type Injection = Schemas["Injection"];
export type Pattern = Schemas["Pattern"];
/** What is asked of a generation under way. */
export type Steering = Partial<Schemas["SteeringInput"]>;
/** What is different on a branch; an image or a number that is left out is the parent's. */
export type BranchChanges = Partial<Schemas["Changes"]>;
export type BranchOf = Schemas["BranchOf"];
export type Capability = Schemas["Capability"];
export type Resolution = Schemas["Resolution"];
export type Priority = Schemas["Priority"];
export type Sampler = Schemas["Sampler"];
export type Tier = Schemas["Tier"];

const FINAL: ReadonlySet<FeedEvent["kind"]> = new Set(["finished", "failed", "cancelled"]);

/** Whether nothing follows this event. */
export const isFinal = (event: FeedEvent): boolean => FINAL.has(event.kind);
