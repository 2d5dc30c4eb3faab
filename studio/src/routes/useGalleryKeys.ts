import type { RefObject } from "react";
import { useGalleryStore } from "@/features/gallery/gallery";
import type { BulkAct } from "@/features/gallery/SelectionBar";
import { all, none, type Selection } from "@/features/gallery/selection";
import { useKeys } from "@/ui/useKeys";

interface Place {
  field: RefObject<HTMLInputElement | null>;
  selection: Selection;
  setSelection(selection: Selection): void;
  creator: boolean;
  inTrash: boolean;
  onAct(act: BulkAct): void;
}

/** The keys of the gallery that are not about going from picture to picture. */
export function useGalleryKeys({ field, selection, setSelection, creator, inTrash, onAct }: Place): void {
  const gallery = useGalleryStore();
  const keep = (act: BulkAct) => () => creator && !inTrash && onAct(act);
  const marked = () => {
    const named = selection.chosen.size ? selection.chosen : new Set([selection.at]);
    return gallery
      .getState()
      .album.tiles.filter(({ id }) => named.has(id))
      .every(({ favourite }) => favourite);
  };
  useKeys({
    "/": () => {
      field.current?.focus();
      field.current?.select();
    },
    a: () =>
      setSelection(
        all(
          selection,
          gallery.getState().album.tiles.map(({ id }) => id),
        ),
      ),
    Escape: () => {
      if (document.activeElement === field.current) field.current?.blur();
      else setSelection(none(selection));
    },
    f: () => keep(marked() ? "unfavourite" : "favourite")(),
    t: keep("tag"),
    m: keep("move"),
    c: () => onAct("compare"),
    Delete: () => creator && onAct(inTrash ? "forever" : "trash"),
  });
}
