// The pictures that were found so far, as a value; every change to it is a function.
import type { PictureRecord } from "@/api/types";

/** What is kept of each of a hundred thousand pictures: enough to hang it up. */
export interface Tile {
  readonly id: string;
  readonly title: string;
  readonly thumbnail: string;
  readonly favourite: boolean;
  readonly folder: string | null;
  readonly tags: readonly string[];
  /** Its place; what is taken away and put back finds it again. */
  readonly place: number;
}

export type Phase = "loading" | "ready" | "failed";

export interface Album {
  readonly tiles: readonly Tile[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
  readonly phase: Phase;
}

export const EMPTY: Album = { tiles: [], next: null, phase: "loading" };

const toTile = (picture: PictureRecord, place: number): Tile => ({
  id: picture.id,
  title: picture.recipe?.prompt ?? picture.file_name,
  thumbnail: picture.thumbnail_url,
  favourite: picture.favourite,
  folder: picture.folder ?? null,
  tags: picture.tags,
  place,
});

/** With one more page at its end. A picture that is there already stays where it is. */
export function extended(album: Album, pictures: readonly PictureRecord[], next: string | null): Album {
  const from = (album.tiles.at(-1)?.place ?? -1) + 1;
  const known = new Set(album.tiles.map(({ id }) => id));
  const fresh = pictures.filter(({ id }) => !known.has(id)).map((picture, n) => toTile(picture, from + n));
  return { tiles: [...album.tiles, ...fresh], next, phase: "ready" };
}

/** With what is newer than all of it put before it. */
export function renewed(album: Album, pictures: readonly PictureRecord[]): Album {
  const known = new Map(album.tiles.map((tile) => [tile.id, tile]));
  const first = album.tiles[0]?.place ?? 0;
  const met = pictures.findIndex(({ id }) => known.has(id));
  const fresh = met < 0 ? pictures : pictures.slice(0, met);
  const before = fresh.map((picture, n) => toTile(picture, first - fresh.length + n));
  return before.length ? { ...album, tiles: [...before, ...album.tiles] } : album;
}

export const changed = (
  album: Album,
  ids: ReadonlySet<string>,
  change: (tile: Tile) => Partial<Omit<Tile, "id" | "place">>,
): Album => ({
  ...album,
  tiles: album.tiles.map((tile) => (ids.has(tile.id) ? { ...tile, ...change(tile) } : tile)),
});

export const removed = (album: Album, ids: ReadonlySet<string>): Album => ({
  ...album,
  tiles: album.tiles.filter(({ id }) => !ids.has(id)),
});

/** With tiles put back where they were, as they were. */
export function restored(album: Album, tiles: readonly Tile[]): Album {
  const back = new Map(tiles.map((tile) => [tile.id, tile]));
  const rest = album.tiles.filter(({ id }) => !back.has(id));
  return { ...album, tiles: [...rest, ...back.values()].sort((one, other) => one.place - other.place) };
}
