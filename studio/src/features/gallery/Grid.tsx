import { type KeyboardEvent, type MouseEvent, useEffect, useId, useRef } from "react";
import type { Tile } from "@/features/gallery/album";
import { Hung } from "@/features/gallery/Hung";
import { placeOf, scrollTo, stepFrom } from "@/features/gallery/layout";
import { extendedTo, movedTo, type Selection, toggled } from "@/features/gallery/selection";
import { useLayout } from "@/features/gallery/useRoom";
import { strings } from "@/strings";
import { mirrored } from "@/ui/direction";

const words = strings.gallery;
/** Rows before the end at which the next page is fetched. */
const AHEAD = 12;

interface Props {
  tiles: readonly Tile[];
  selection: Selection;
  onSelection(selection: Selection): void;
  onOpen(id: string): void;
  /** The end is near. */
  onEnd(): void;
  /** The least a picture measures, in pixels. */
  smallest: number;
}

/** Pictures hung up in rows, however many; only those in sight are drawn. One stop for Tab, arrows within. */
export function Grid({ tiles, selection, onSelection, onOpen, onEnd, smallest }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const name = useId();
  const now = useLayout(frame, tiles.length, smallest);
  const at = selection.at === null ? -1 : tiles.findIndex(({ id }) => id === selection.at);
  const ids = () => tiles.map(({ id }) => id);

  const near = now.end + AHEAD * now.columns >= tiles.length;
  // Also when the tiles change: a page may not fill what is in sight.
  useEffect(() => {
    if (near) onEnd();
  }, [near, tiles.length, onEnd]);

  const reveal = (index: number) => {
    const it = frame.current;
    if (it) it.scrollTop = scrollTo(now, index, it.scrollTop, it.clientHeight - 16);
  };
  const press = (event: KeyboardEvent) => {
    const tile = tiles[at];
    if (event.key === "Enter" && tile) onOpen(tile.id);
    else if (event.key === " " && tile) onSelection(toggled(selection, tile.id));
    else {
      const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? 0) / (now.side + 8)) - 1);
      const to = stepFrom(Math.max(0, at), mirrored(event.key), now, page, tiles.length);
      const there = to === null ? undefined : tiles[at < 0 ? 0 : to];
      if (to === null || !there) return;
      onSelection(event.shiftKey ? extendedTo(selection, ids(), there.id) : movedTo(selection, there.id));
      reveal(to);
    }
    event.preventDefault();
  };
  const click = (event: MouseEvent) => {
    const tile = tileAt(event, tiles);
    if (!tile) return;
    const choosing = event.ctrlKey || event.metaKey || selection.chosen.size > 0 || onMark(event);
    if (event.shiftKey) onSelection(extendedTo(selection, ids(), tile.id));
    else if (choosing) onSelection(toggled(selection, tile.id));
    else {
      onSelection(movedTo(selection, tile.id));
      onOpen(tile.id);
    }
  };
  return (
    <div
      ref={frame}
      role="listbox"
      aria-label={words.grid}
      aria-multiselectable
      aria-activedescendant={at < 0 ? undefined : `${name}${tiles[at]?.id}`}
      tabIndex={0}
      data-testid="grid"
      onKeyDown={press}
      onClick={click}
      onFocus={() => at < 0 && tiles[now.first] && onSelection(movedTo(selection, tiles[now.first]?.id ?? ""))}
      className="group min-h-0 grow overflow-y-auto overscroll-contain p-1 pb-24 outline-none"
    >
      <div role="presentation" className="relative" style={{ height: now.total }}>
        {tiles.slice(now.first, now.end).map((tile, n) => (
          <Hung
            key={tile.id}
            tile={tile}
            id={name + tile.id}
            index={now.first + n}
            count={tiles.length}
            side={now.side}
            {...placeOf(now, now.first + n)}
            chosen={selection.chosen.has(tile.id)}
            at={selection.at === tile.id}
          />
        ))}
      </div>
    </div>
  );
}

function tileAt({ target }: MouseEvent, tiles: readonly Tile[]): Tile | undefined {
  const option = target instanceof Element ? target.closest("[data-picture]") : null;
  const id = option?.getAttribute("data-picture");
  return tiles.find((tile) => tile.id === id);
}

const onMark = ({ target }: MouseEvent): boolean => target instanceof Element && target.closest("[data-mark]") !== null;
