import type { RefObject } from "react";
import { lastPosition, useDarkroomStore } from "@/features/develop/darkroom";
import { useKeys } from "@/features/keys/useKeys";

interface Keys {
  leave(): void;
  onShowKeys(): void;
  onParameters(): void;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** The keys of the page. */
export function useDarkroomKeys({ leave, onShowKeys, onParameters, field }: Keys): void {
  const room = useDarkroomStore();
  const scrub = (by: number) => {
    const { development, viewing, look } = room.getState();
    const last = development ? lastPosition(development, viewing.print) : 0;
    if (last > 0) look({ to: "move", by, last });
  };
  const compare = () => {
    const { development, viewing, look } = room.getState();
    if (!development || viewing.pin === null) return;
    look({ to: "compare", position: viewing.against ?? lastPosition(development, viewing.print) });
  };
  const letGo = () => {
    const { development, viewing, look, problem } = room.getState();
    if (document.activeElement === field.current) field.current?.blur();
    else if (viewing.pin !== null) look({ to: "newest" });
    else if (development || problem) leave();
  };
  useKeys({
    "/": () => {
      field.current?.focus();
      field.current?.select();
    },
    ArrowLeft: () => scrub(-1),
    ArrowRight: () => scrub(1),
    Escape: letGo,
    c: compare,
    p: onParameters,
    "?": onShowKeys,
  });
}
