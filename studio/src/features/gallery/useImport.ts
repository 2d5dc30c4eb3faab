import { useCallback, useEffect, useRef, useState } from "react";
import { importPicture } from "@/api/gallery";
import { Problem } from "@/api/problem";
import { type Arrival, added, moved, nextToSend } from "@/features/gallery/arrivals";
import { strings } from "@/strings";

const AT_ONCE = 2;

/** Brings files in, two at a time, in their order. `onArrived` hears of each picture that is there. */
export function useImport(onArrived: () => void) {
  const [arrivals, setArrivals] = useState<readonly Arrival[]>([]);
  const line = useRef(new AbortController());
  const arrived = useRef(onArrived);
  arrived.current = onArrived;

  const send = useCallback(async ({ key, file }: Arrival) => {
    const { signal } = line.current;
    setArrivals((now) => moved(now, key, { state: "sending", part: 0 }));
    try {
      const onProgress = (part: number) => setArrivals((now) => moved(now, key, { state: "sending", part }));
      const picture = await importPicture(file, { onProgress, signal });
      setArrivals((now) => moved(now, key, { state: "done", picture: picture.id }));
      arrived.current();
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Problem ? `${error.message} ${error.hint}` : String(error);
      setArrivals((now) => moved(now, key, { state: "refused", why }));
    }
  }, []);
  useEffect(() => {
    const next = nextToSend(arrivals, AT_ONCE);
    if (next) void send(next);
  }, [arrivals, send]);

  const add = (files: readonly File[]) => setArrivals((now) => added(now, files, strings.bringing.notPicture));
  const clear = () => {
    line.current.abort();
    line.current = new AbortController();
    setArrivals([]);
  };
  return { arrivals, add, clear };
}

/** Whether files are being dragged over the page, and what is dropped on it. */
export function useDrop(onFiles: (files: readonly File[]) => void, enabled: boolean): boolean {
  const [over, setOver] = useState(false);
  const say = useRef(onFiles);
  say.current = onFiles;
  useEffect(() => {
    if (!enabled) return;
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const drag = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const drop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(false);
      say.current([...(event.dataTransfer?.files ?? [])]);
    };
    addEventListener("dragover", drag);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", drag);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, [enabled]);
  return over;
}
