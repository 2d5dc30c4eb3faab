// Files on their way into the gallery, as a value.

export type Arrival = { readonly key: number; readonly file: File } & (
  | { readonly state: "waiting" }
  | { readonly state: "sending"; readonly part: number }
  | { readonly state: "done"; readonly picture: string }
  | { readonly state: "refused"; readonly why: string }
);

export type ArrivalState =
  | { readonly state: "sending"; readonly part: number }
  | { readonly state: "done"; readonly picture: string }
  | { readonly state: "refused"; readonly why: string };

const KINDS: readonly string[] = ["image/png", "image/jpeg", "image/webp"];
export const ACCEPTED = KINDS.join(",");

/** With more files at the end; what is no picture is refused without being sent. */
export function added(arrivals: readonly Arrival[], files: readonly File[], refusal: string): readonly Arrival[] {
  const from = (arrivals.at(-1)?.key ?? 0) + 1;
  const fresh = files.map((file, n): Arrival => {
    const key = from + n;
    return KINDS.includes(file.type) ? { key, file, state: "waiting" } : { key, file, state: "refused", why: refusal };
  });
  return [...arrivals, ...fresh];
}

export const moved = (arrivals: readonly Arrival[], key: number, to: ArrivalState): readonly Arrival[] =>
  arrivals.map((arrival) => (arrival.key === key ? { key, file: arrival.file, ...to } : arrival));

export const isOver = ({ state }: Arrival): boolean => state === "done" || state === "refused";

/** The next one to send, where fewer than `most` are under way. */
export function nextToSend(arrivals: readonly Arrival[], most: number): Arrival | undefined {
  const sending = arrivals.filter(({ state }) => state === "sending").length;
  return sending < most ? arrivals.find(({ state }) => state === "waiting") : undefined;
}
