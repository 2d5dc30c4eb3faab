import { Check, Heart } from "lucide-react";
import { memo } from "react";
import type { Tile } from "@/features/gallery/album";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";

interface Props {
  tile: Tile;
  id: string;
  index: number;
  count: number;
  x: number;
  y: number;
  side: number;
  chosen: boolean;
  /** The keys are about this one. */
  at: boolean;
}

/** One picture of the grid. */
export const Hung = memo(function Hung({ tile, id, index, count, x, y, side, chosen, at }: Props) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the listbox around it has the focus, and says which option is meant
    <div
      id={id}
      role="option"
      aria-selected={chosen}
      aria-label={strings.gallery.tile(tile.title, tile.favourite)}
      aria-posinset={index + 1}
      aria-setsize={count}
      data-picture={tile.id}
      title={tile.title}
      className={cx(
        "group/tile absolute top-0 contain-strict cursor-pointer overflow-hidden rounded-print bg-tray",
        at && "outline-safe group-focus-visible:outline-2 group-focus-visible:outline-offset-2",
      )}
      style={{ width: side, height: side, insetInlineStart: x, transform: `translateY(${y}px)` }}
    >
      <img
        src={tile.thumbnail}
        alt=""
        decoding="async"
        draggable={false}
        className={cx("size-full object-contain", chosen && "p-3")}
      />
      <Mark chosen={chosen} />
      {tile.favourite && <Heart aria-hidden className="absolute end-2 bottom-2 size-4 fill-paper text-room" />}
    </div>
  );
});

/** Where a pointer selects. Keys have the space bar, and a reader hears it from the option. */
function Mark({ chosen }: { chosen: boolean }) {
  return (
    <span
      data-mark
      aria-hidden
      title={strings.gallery.select}
      className={cx(
        "absolute top-0 start-0 p-2 transition-opacity duration-100",
        !chosen && "opacity-0 group-hover/tile:opacity-100 pointer-coarse:opacity-70",
      )}
    >
      <span
        className={cx(
          "flex size-5 items-center justify-center rounded-full border-2 border-paper bg-room/60 text-room",
          chosen && "bg-paper",
        )}
      >
        {chosen && <Check className="size-3.5" strokeWidth={3} />}
      </span>
    </span>
  );
}
