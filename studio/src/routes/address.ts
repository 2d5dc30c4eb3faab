// The watched generation is part of the address, so that a reload, a bookmark or a second tab finds it again.

const NAME = "g";

export const watchedId = (): string | null => new URLSearchParams(location.search).get(NAME);

/** Writes the watched generation into the address; `replace` where going back would make no sense. */
export function setWatchedId(id: string | null, { replace = false } = {}): void {
  if (watchedId() === id) return;
  const url = new URL(location.href);
  if (id === null) url.searchParams.delete(NAME);
  else url.searchParams.set(NAME, id);
  history[replace ? "replaceState" : "pushState"](null, "", url);
}
