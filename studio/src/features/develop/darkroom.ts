// The one development that is watched, connected to the server. Components read it; only this file follows feeds.
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Follow } from "@/api/feed";
import { Problem } from "@/api/problem";
import type { Generation } from "@/api/types";
import { announcement } from "@/features/develop/announcement";
import { type Development, develop, undeveloped } from "@/features/develop/development";
import { FOLLOWING, type Look, look, type Viewing } from "@/features/develop/viewing";

/** Previews are asked for at this size, in pixels: sharp enough enlarged, and small on the line. */
const PREVIEW_SIZE = 256;

export interface Darkroom {
  readonly development: Development | null;
  readonly viewing: Viewing;
  /** False while the line to the server is lost. */
  readonly connected: boolean;
  /** Why the generation that was asked for cannot be shown. */
  readonly problem: Problem | null;
  readonly announcement: string;
  /** True while it is not known yet whether there is something to watch. */
  readonly seeking: boolean;
  /** Watches a generation from its first event on. */
  watch(generation: Generation): void;
  /** Looks a generation up, then watches it. */
  attach(id: string): Promise<void>;
  /** Stops following. The generation goes on. */
  leave(): void;
  /** Stops the generation itself. */
  stop(): Promise<void>;
  look(at: Look): void;
}

/** What the darkroom needs of the world, so that it can be tried without one. */
export interface World {
  follow(feed: Follow): Promise<void>;
  get(id: string): Promise<Generation>;
  cancel(id: string): Promise<Generation>;
  now(): number;
}

const EMPTY = {
  development: null,
  viewing: FOLLOWING,
  connected: true,
  problem: null,
  announcement: "",
  seeking: false,
};

export function createDarkroom(world: World): StoreApi<Darkroom> {
  return createStore<Darkroom>((set, get) => {
    let line = new AbortController();

    const hangUp = () => {
      line.abort();
      line = new AbortController();
      return line.signal;
    };
    const advance = (development: Development) => {
      const said = announcement(get().development, development);
      set(said ? { development, announcement: said } : { development });
    };
    const watch = (generation: Generation) => {
      const signal = hangUp();
      set(EMPTY);
      advance(undeveloped(generation));
      world
        .follow({
          url: `${generation.links.events}?preview=size:${PREVIEW_SIZE}`,
          signal,
          onLine: (connected) => set({ connected }),
          onEvent: (event) => {
            const { development } = get();
            if (development && !signal.aborted) advance(develop(development, { event, at: world.now() }));
          },
        })
        .catch((error: unknown) => set({ problem: asProblem(error) }));
    };

    return {
      ...EMPTY,
      seeking: true,
      watch,
      async attach(id) {
        const signal = hangUp();
        set({ ...EMPTY, seeking: true });
        try {
          const generation = await world.get(id);
          if (!signal.aborted) watch(generation);
        } catch (error) {
          if (!signal.aborted) set({ ...EMPTY, problem: asProblem(error) });
        }
      },
      leave() {
        hangUp();
        set(EMPTY);
      },
      async stop() {
        const { development } = get();
        if (development === null) return;
        await world.cancel(development.id).catch((error: unknown) => set({ problem: asProblem(error) }));
      },
      look: (at) => set(({ viewing }) => ({ viewing: look(viewing, at) })),
    };
  });
}

const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) });

export const DarkroomContext = createContext<StoreApi<Darkroom> | null>(null);

/** A part of the darkroom's state, followed. */
export function useDarkroom<Part>(select: (room: Darkroom) => Part): Part {
  return useStore(useDarkroomStore(), select);
}

export function useDarkroomStore(): StoreApi<Darkroom> {
  const room = useContext(DarkroomContext);
  if (room === null) throw new Error("There is no darkroom around this component.");
  return room;
}

/** The last position that can be looked at: the newest step, or the finished print behind the last step. */
export const lastPosition = ({ total, prints, phase }: Development, print: number): number =>
  phase === "finished" && prints[print]?.picture ? total + 1 : (prints[print]?.done ?? 0);
