// What takes a deed back, given the pictures as they were before it.
import type { Deed } from "@/api/gallery";
import type { Tile } from "@/features/gallery/album";

export interface Step {
  readonly ids: readonly string[];
  readonly deed: Deed;
}

/** The deeds that make the pictures what they were; none where the deed cannot be taken back. */
export function undoing(deed: Deed, before: readonly Tile[]): readonly Step[] {
  const { action, tags = [], favourite = true, folder = null } = deed;
  const step = (some: readonly Tile[], undo: Deed): Step => ({ ids: some.map(({ id }) => id), deed: undo });
  const steps = {
    delete: () => (deed.forever ? [] : [step(before, { action: "restore" })]),
    restore: () => [step(before, { action: "delete" })],
    favourite: () => [
      step(
        before.filter((tile) => tile.favourite !== favourite),
        { action: "favourite", favourite: !favourite },
      ),
    ],
    tag: () =>
      tags.map((tag) =>
        step(
          before.filter((tile) => !tile.tags.includes(tag)),
          { action: "untag", tags: [tag] },
        ),
      ),
    untag: () =>
      tags.map((tag) =>
        step(
          before.filter((tile) => tile.tags.includes(tag)),
          { action: "tag", tags: [tag] },
        ),
      ),
    move: () =>
      [...new Set(before.map((tile) => tile.folder))]
        .filter((was) => was !== folder)
        .map((was) =>
          step(
            before.filter((tile) => tile.folder === was),
            { action: "move", folder: was },
          ),
        ),
  } satisfies Record<Deed["action"], () => readonly Step[]>;
  return steps[action]().filter(({ ids }) => ids.length > 0);
}
