import { useEffect, useRef, useState } from "react";
import { openGenerations, submit } from "@/api/client";
import { Problem } from "@/api/problem";
import { useRefresh } from "@/api/queries";
import { surely } from "@/api/surely";
import type { Generation, Wish } from "@/api/types";
import { useDarkroom, useDarkroomStore } from "@/features/develop/darkroom";
import { batchId, setWatchedId, watchedId } from "@/routes/address";

/** What the page does: develop a recipe, watch a generation, leave it; and find the one it watched after a reload. */
export function useGenerate() {
  const room = useDarkroomStore();
  const refresh = useRefresh();
  const phase = useDarkroom(({ development }) => development?.phase);
  const held = useDarkroom(({ development }) => development?.id);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  useReattach();
  const refreshLists = useRef(refresh);
  refreshLists.current = refresh;
  useEffect(() => refreshLists.current(), [phase, held]);
  useEffect(() => {
    if (held !== undefined) setWatchedId(held);
  }, [held]);

  const watch = (generation: Generation) => {
    room.getState().watch(generation);
    setWatchedId(generation.id);
  };
  const reopen = (id: string) => {
    setWatchedId(id);
    void room.getState().attach(id);
  };
  const leave = () => {
    room.getState().leave();
    setWatchedId(null);
    refresh();
  };
  const develop = async (wish: Wish) => {
    if (sending) return;
    setSending(true);
    setProblem(null);
    try {
      watch(await surely((key) => submit(wish, key)));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally {
      setSending(false);
    }
  };
  return { develop, watch, reopen, leave, sending, problem, setProblem };
}

/** On load, and when the browser goes back or forward: watch what the address names, or what is running. */
function useReattach(): void {
  const room = useDarkroomStore();
  useEffect(() => {
    const asked = new AbortController();
    const attach = () => {
      const id = watchedId();
      if (id === null) room.getState().leave();
      else void room.getState().attach(id);
    };
    const findRunning = async () => {
      const open = await openGenerations(asked.signal).catch(() => []);
      const generation = open.find(({ state }) => state === "running") ?? open.at(-1);
      if (asked.signal.aborted || watchedId() !== null) return;
      if (!generation) return room.getState().leave();
      room.getState().watch(generation);
      setWatchedId(generation.id, { replace: true });
    };
    if (watchedId() === null && batchId() === null) void findRunning();
    else attach();
    addEventListener("popstate", attach);
    return () => {
      asked.abort();
      removeEventListener("popstate", attach);
    };
  }, [room]);
}
