// The developments that are watched, connected to the server. Components read it; only this file follows feeds.
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Follow } from "@/api/feed";
import { Problem } from "@/api/problem";
import type { BranchWish } from "@/api/stepping";
import type { Generation, Steering } from "@/api/types";
import type { Act, Acting } from "@/features/develop/acts";
import { announcement } from "@/features/develop/announcement";
import { amended, type Development, develop, undeveloped } from "@/features/develop/development";
import { createLines } from "@/features/develop/lines";
import { recallPreviews, wished } from "@/features/develop/previews";
import { FOLLOWING, type Look, look, type Viewing } from "@/features/develop/viewing";

export { lastPosition } from "@/features/develop/development";

export interface Darkroom {
  /** The one in the tray. */
  readonly development: Development | null;
  /** It and whatever shares its beginning, in the order in which they were found. */
  readonly family: readonly Development[];
  readonly viewing: Viewing;
  /** False while the line to the server is lost. */
  readonly connected: boolean;
  /** Why the generation that was asked for cannot be shown. */
  readonly problem: Problem | null;
  /** Why the last thing that was asked of it was not done. */
  readonly refusal: Problem | null;
  readonly announcement: string;
  /** True while it is not known yet whether there is something to watch. */
  readonly seeking: boolean;
  /** What is being thought over. */
  readonly acting: Acting | null;
  /** True while something that was asked of it is on its way. */
  readonly asking: boolean;
  /** Watches a generation from its first event on. */
  watch(generation: Generation): void;
  /** Looks a generation up, then watches it. */
  attach(id: string): Promise<void>;
  /** Puts another one of the family into the tray. */
  hold(id: string): void;
  /** Stops following. The generation goes on. */
  leave(): void;
  /** Stops the generation itself. */
  stop(): Promise<void>;
  look(at: Look): void;
  /** Opens the panel of an act at a step, or under way; what runs is held until it is done or called off. */
  think(act: Act, step: number | null): void;
  /** Closes the panel. What was held goes on, unless the act has already seen to that. */
  putAside(): void;
  /** Pauses, goes on, or turns the generation in the tray. Says whether it was done. */
  steer(steering: Steering): Promise<boolean>;
  /** Branches off from the generation in the tray, and watches the branch. */
  branch(wish: BranchWish): Promise<boolean>;
}

/** What the darkroom needs of the world, so that it can be tried without one. */
export interface World {
  follow(feed: Follow): Promise<void>;
  get(id: string): Promise<Generation>;
  cancel(id: string): Promise<Generation>;
  steer(id: string, steering: Steering): Promise<Generation>;
  branch(id: string, wish: BranchWish): Promise<Generation>;
  relatives(generation: Generation): Promise<readonly Generation[]>;
  now(): number;
}

const EMPTY = {
  development: null,
  family: [],
  viewing: FOLLOWING,
  connected: true,
  problem: null,
  refusal: null,
  announcement: "",
  seeking: false,
  acting: null,
  asking: false,
} as const;

export function createDarkroom(world: World): StoreApi<Darkroom> {
  return createStore<Darkroom>((set, get) => {
    /** What is asked for now; an answer to an earlier question finds it changed, and is left aside. */
    let asked = new AbortController();
    /** The last holding or letting go, for what is asked next to come after it. */
    let holding: Promise<unknown> = Promise.resolve();
    const lines = createLines((signal) => (id) => followed(id, signal));

    const member = (id: string) => get().family.find((one) => one.id === id);
    const advance = (development: Development) => {
      const before = get().development;
      const family = get().family.map((one) => (one.id === development.id ? development : one));
      if (before?.id !== development.id) return set({ family });
      const said = announcement(before, development);
      set(said ? { family, development, announcement: said } : { family, development });
    };
    const followed = (id: string, signal: AbortSignal) =>
      world
        .follow({
          url: `/api/v1/generations/${encodeURIComponent(id)}/events?preview=${wished(recallPreviews())}`,
          signal,
          onLine: (connected) => get().development?.id === id && set({ connected }),
          onEvent: (event) => {
            const before = member(id);
            if (!before || signal.aborted) return;
            const now = develop(before, { event, at: world.now() });
            advance(now);
            if (now.turns > before.turns) void refresh(id);
          },
        })
        .catch((error: unknown) => {
          if (!signal.aborted && get().development?.id === id) set({ problem: asProblem(error) });
        });
    /** Somebody steered it: its recipe says how. */
    const refreshing = new Set<string>();
    const refresh = async (id: string) => {
      if (refreshing.has(id)) return;
      refreshing.add(id);
      const generation = await world.get(id).catch(() => null);
      refreshing.delete(id);
      const now = member(id);
      if (generation && now) advance(amended(now, generation));
    };
    const join = (generation: Generation) => {
      if (member(generation.id)) return;
      set(({ family }) => ({ family: [...family, undeveloped(generation)] }));
      lines.open(generation.id);
    };
    const begin = () => {
      asked.abort();
      asked = new AbortController();
      lines.close();
      return asked.signal;
    };
    const watch = (generation: Generation) => {
      begin();
      const development = undeveloped(generation);
      const said = announcement(null, development);
      set({ ...EMPTY, development, family: [development], announcement: said });
      lines.open(generation.id, { first: true });
      // One that was only just asked for stands alone.
      if (generation.branch_of || generation.step > 0) void gather(generation, asked.signal);
    };
    const gather = async (generation: Generation, signal: AbortSignal) => {
      const relatives = await world.relatives(generation).catch(() => []);
      if (!signal.aborted) for (const one of relatives) join(one);
    };
    /** Whatever was asked of a generation: done, or the reason why not. */
    const ask = async (what: (id: string) => Promise<Generation>): Promise<Generation | null> => {
      const { development } = get();
      if (development === null) return null;
      set({ asking: true, refusal: null });
      try {
        return await what(development.id);
      } catch (error) {
        set({ refusal: asProblem(error) });
        return null;
      } finally {
        set({ asking: false });
      }
    };

    return {
      ...EMPTY,
      seeking: true,
      watch,
      async attach(id) {
        if (member(id)) return get().hold(id);
        const signal = begin();
        set({ ...EMPTY, seeking: true });
        try {
          const generation = await world.get(id);
          if (!signal.aborted) watch(generation);
        } catch (error) {
          if (!signal.aborted) set({ ...EMPTY, problem: asProblem(error) });
        }
      },
      hold(id) {
        const development = member(id);
        const before = get().development;
        if (!development || before?.id === id) return;
        set({
          development,
          viewing: FOLLOWING,
          connected: true,
          problem: null,
          refusal: null,
          acting: null,
          announcement: announcement(null, development),
        });
      },
      leave() {
        begin();
        set(EMPTY);
      },
      async stop() {
        await ask(world.cancel);
      },
      look: (at) => set(({ viewing }) => ({ viewing: look(viewing, at) })),
      think(act, step) {
        const { development, acting } = get();
        if (development === null) return;
        if (acting?.held) get().putAside();
        const held = act !== "branch" && development.phase === "running";
        set({ acting: { act, step, held }, refusal: null });
        // Where it ends before it can be held, what was meant for it is refused, and says so.
        if (held) holding = world.steer(development.id, { state: "paused" }).catch(() => undefined);
      },
      putAside() {
        const { development, acting } = get();
        set({ acting: null, refusal: null });
        if (!acting?.held || !development) return;
        // Whoever asks too early finds it running, and it is paused after that.
        holding = holding.then(() => world.steer(development.id, { state: "running" })).catch(() => undefined);
      },
      async steer(steering) {
        const going = get().acting?.held ? { ...steering, state: "running" as const } : steering;
        const generation = await ask((id) => holding.then(() => world.steer(id, going)));
        const now = generation && member(generation.id);
        if (generation && now) {
          advance(amended(now, generation));
          set({ acting: null });
        }
        return generation !== null;
      },
      async branch(wish) {
        const generation = await ask((id) => world.branch(id, wish));
        if (generation === null) return false;
        join(generation);
        get().hold(generation.id);
        return true;
      },
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
