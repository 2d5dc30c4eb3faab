// The watched generation is part of the address, so that a reload, a bookmark or a second tab finds it again.

const NAME = "g";
const BATCH = "b";

const read = (name: string): string | null => new URLSearchParams(location.search).get(name);

export const watchedId = (): string | null => read(NAME);
/** The batch whose sheet is open, or one may go back to. */
export const batchId = (): string | null => read(BATCH);

/** Writes the watched generation into the address; `replace` where going back would make no sense. */
export function setWatchedId(id: string | null, { replace = false } = {}): void {
  if (watchedId() !== id) write(NAME, id, replace);
}

export function setBatchId(id: string | null): void {
  if (batchId() !== id) write(BATCH, id, false);
}

function write(name: string, id: string | null, replace: boolean): void {
  if (location.pathname !== "/") return;
  const url = new URL(location.href);
  if (id === null) url.searchParams.delete(name);
  else url.searchParams.set(name, id);
  history[replace ? "replaceState" : "pushState"](null, "", url);
}
