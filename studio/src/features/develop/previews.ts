// How previews come to this browser, as the person chose it.
import { strings } from "@/strings";
import { recall, remember } from "@/ui/remembered";

export type Cadence = keyof typeof strings.previews.cadence;
export type PreviewSize = keyof typeof strings.previews.sizes;

export interface Previews {
  readonly every: Cadence;
  readonly size: PreviewSize;
}

const KEY = "previews";
/** Sharp enough enlarged, and small on the line. */
const USUAL: Previews = { every: "1", size: "256" };

/** Reads it back from storage; anything unknown is as usual. */
export function recallPreviews(): Previews {
  const [every, size] = (recall(KEY) ?? "").split(",");
  return {
    every: every && every in strings.previews.cadence ? (every as Cadence) : USUAL.every,
    size: size && size in strings.previews.sizes ? (size as PreviewSize) : USUAL.size,
  };
}

export const rememberPreviews = ({ every, size }: Previews): void => remember(KEY, `${every},${size}`);

/** As the feed is asked for it. */
export function wished({ every, size }: Previews): string {
  if (every === "none") return "codec:none";
  return [every !== "1" && `every:${every}`, `size:${size}`].filter(Boolean).join(",");
}
