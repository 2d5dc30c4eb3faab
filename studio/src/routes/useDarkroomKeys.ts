import type { RefObject } from "react";
import { useModels } from "@/api/queries";
import { possible } from "@/features/develop/acts";
import { lastPosition, useDarkroomStore } from "@/features/develop/darkroom";
import { shown } from "@/features/develop/viewing";
import { useKeys } from "@/ui/useKeys";

interface Keys {
  leave(): void;
  onParameters(): void;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** The keys of the page. */
export function useDarkroomKeys({ leave, onParameters, field }: Keys): void {
  const room = useDarkroomStore();
  const { data: models } = useModels();
  /** What the generation in the tray can be asked for; nothing where there is none. */
  const able = () => {
    const { development } = room.getState();
    const card = models?.find(({ id }) => id === development?.recipe.model);
    return development && possible(development, card?.capabilities ?? []);
  };
  const pause = () => {
    const can = able();
    if (can?.resume) void room.getState().steer({ state: "running" });
    else if (can?.pause) void room.getState().steer({ state: "paused" });
  };
  const branch = () => {
    const { development, viewing, think } = room.getState();
    if (!development || !able()?.branch) return;
    const at = shown({ ...viewing, hover: null }, lastPosition(development, viewing.print));
    think("branch", Math.min(at, development.total));
  };
  const scrub = (by: number) => {
    const { development, viewing, look } = room.getState();
    const last = development ? lastPosition(development, viewing.print) : 0;
    if (last > 0) look({ to: "move", by, last });
  };
  const compare = () => {
    const { development, viewing, look } = room.getState();
    if (!development || viewing.pin === null) return;
    const last = lastPosition(development, viewing.print);
    look({ to: "compare", ...(viewing.against ?? { position: last, of: null }), last });
  };
  const letGo = () => {
    const { development, viewing, look, problem, acting, putAside } = room.getState();
    if (acting) putAside();
    else if (document.activeElement === field.current) field.current?.blur();
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
    " ": pause,
    s: () => able()?.steer && room.getState().think("steer", null),
    i: () => able()?.inject && room.getState().think("inject", null),
    b: branch,
    c: compare,
    p: onParameters,
  });
}
