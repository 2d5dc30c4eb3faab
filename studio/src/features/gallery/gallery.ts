// The album that is looked at, connected to the server. Changes show at once and are taken back where they fail.
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Deed, Outcome, PicturePage, Terms } from "@/api/gallery";
import { Problem } from "@/api/problem";
import { type Album, changed, EMPTY, extended, removed, renewed, restored, type Tile } from "@/features/gallery/album";
import { undoing } from "@/features/gallery/undoing";
import { sameWanted, toTerms, type Wanted } from "@/features/gallery/wanted";

const PAGE = 200;
/** The first page is small, so that something hangs there soon. */
const FIRST_PAGE = 60;

export interface Gallery {
  readonly album: Album;
  readonly wanted: Wanted | null;
  /** Why pictures could not be fetched. */
  readonly problem: Problem | null;
  readonly fetching: boolean;
  /** Looks for something else; nothing happens where it is the same. */
  open(wanted: Wanted): void;
  /** Fetches the next page. */
  more(): void;
  /** Looks for what is new. */
  refresh(): Promise<void>;
  retry(): void;
  /** Does something with pictures: at once here, then there. Says what could not be done; those are as before. */
  act(ids: readonly string[], deed: Deed): Promise<Result>;
  /** Makes pictures again what they were before a deed. Says why it could not. */
  undo(deed: Deed, before: readonly Tile[]): Promise<Problem | null>;
}

export interface Result {
  /** The pictures it was done with, as they were before. */
  readonly before: readonly Tile[];
  readonly failed: readonly Outcome[];
  /** What kept all of it from being done. */
  readonly problem: Problem | null;
}

/** What the gallery needs of the world, so that it can be tried without one. */
export interface World {
  find(terms: Terms, page: { cursor: string | null; limit: number }, signal: AbortSignal): Promise<PicturePage>;
  deal(ids: readonly string[], deed: Deed): Promise<readonly Outcome[]>;
}

export function createGallery(world: World): StoreApi<Gallery> {
  return createStore<Gallery>((set, get) => {
    let asked = new AbortController();

    const fetchPage = async (cursor: string | null) => {
      const { signal } = asked;
      set({ fetching: true, problem: null });
      try {
        const limit = cursor === null ? FIRST_PAGE : PAGE;
        const page = await world.find(toTerms(get().wanted ?? {}), { cursor, limit }, signal);
        if (!signal.aborted) {
          set(({ album }) => ({ album: extended(album, page.items, page.next_cursor), fetching: false }));
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Problem)) throw error;
        set(({ album }) => ({ problem: error, fetching: false, album: { ...album, phase: "failed" } }));
      }
    };
    const start = (wanted: Wanted) => {
      asked.abort();
      asked = new AbortController();
      set({ wanted, album: EMPTY });
      void fetchPage(null);
    };

    return {
      album: EMPTY,
      wanted: null,
      problem: null,
      fetching: false,
      open(wanted) {
        const before = get().wanted;
        if (before === null || !sameWanted(before, wanted)) start(wanted);
        else void get().refresh();
      },
      more() {
        const { album, fetching, problem } = get();
        if (album.next !== null && !fetching && problem === null) void fetchPage(album.next);
      },
      async refresh() {
        const { wanted, album, fetching } = get();
        if (wanted === null || fetching || album.phase !== "ready") return;
        if (wanted.sort === "oldest") return;
        const { signal } = asked;
        const page = await world.find(toTerms(wanted), { cursor: null, limit: FIRST_PAGE }, signal).catch(() => null);
        if (page === null || signal.aborted) return;
        // More is new than one page holds, or everything else is gone: what was known may have holes.
        const met = page.items.some(({ id }) => album.tiles.some((tile) => tile.id === id));
        if (!met && album.tiles.length > 0) start(wanted);
        else set((now) => ({ album: renewed(now.album, page.items) }));
      },
      retry() {
        const { wanted, album } = get();
        if (album.tiles.length > 0) void fetchPage(album.next);
        else start(wanted ?? {});
      },
      async act(ids, deed) {
        const { album, wanted } = get();
        const named = new Set(ids);
        const before = album.tiles.filter(({ id }) => named.has(id));
        set((now) => ({ album: foreseen(now.album, named, deed, wanted ?? {}) }));
        try {
          const failed = (await world.deal(ids, deed)).filter(({ done }) => !done);
          const undone = new Set(failed.map(({ id }) => id));
          if (undone.size) {
            set((now) => ({
              album: restored(
                now.album,
                before.filter(({ id }) => undone.has(id)),
              ),
            }));
          }
          return { before: before.filter(({ id }) => !undone.has(id)), failed, problem: null };
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          set((now) => ({ album: restored(now.album, before) }));
          return { before: [], failed: [], problem: error };
        }
      },
      async undo(deed, before) {
        const { album } = get();
        set((now) => ({ album: restored(now.album, before) }));
        try {
          for (const step of undoing(deed, before)) await world.deal(step.ids, step.deed);
          return null;
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          set({ album });
          return error;
        }
      },
    };
  });
}

/** The album as it will be when the deed is done. */
function foreseen(album: Album, ids: ReadonlySet<string>, deed: Deed, wanted: Wanted): Album {
  if (deed.action === "delete" || deed.action === "restore") return removed(album, ids);
  const after = changed(album, ids, (tile) => changeOf(tile, deed));
  const gone = after.tiles.filter((tile) => ids.has(tile.id) && !belongs(tile, wanted)).map(({ id }) => id);
  return gone.length ? removed(after, new Set(gone)) : after;
}

function changeOf(tile: Tile, { action, tags = [], favourite = true, folder = null }: Deed): Partial<Tile> {
  if (action === "favourite") return { favourite };
  if (action === "move") return { folder };
  if (action === "tag") return { tags: [...new Set([...tile.tags, ...tags])] };
  return { tags: tile.tags.filter((tag) => !tags.includes(tag)) };
}

/** Whether a picture that was just changed is still one of those looked for. */
const belongs = (tile: Tile, { folder, favourite, tag = [] }: Wanted): boolean =>
  (folder === undefined || tile.folder === folder) &&
  (favourite === undefined || tile.favourite) &&
  tag.every((one) => tile.tags.includes(one));

export const GalleryContext = createContext<StoreApi<Gallery> | null>(null);

export function useGalleryStore(): StoreApi<Gallery> {
  const gallery = useContext(GalleryContext);
  if (gallery === null) throw new Error("There is no gallery around this component.");
  return gallery;
}

/** A part of the gallery's state, followed. */
export function useGallery<Part>(select: (gallery: Gallery) => Part): Part {
  return useStore(useGalleryStore(), select);
}
