import { useQueryClient } from "@tanstack/react-query";
import type { Deed } from "@/api/gallery";
import { pictureKey } from "@/api/queries";
import type { Tile } from "@/features/gallery/album";
import { useGalleryStore } from "@/features/gallery/gallery";
import { undoing } from "@/features/gallery/undoing";
import { strings } from "@/strings";
import { toast } from "@/ui/toasts";

const words = strings.gallery;

/** Deeds that are seen at once, said in a sentence with a way back, and taken back where they fail. */
export function useDeeds() {
  const gallery = useGalleryStore();
  const forget = useForget();
  const undo = async (deed: Deed, before: readonly Tile[]) => {
    const problem = await gallery.getState().undo(deed, before);
    forget(before.map(({ id }) => id));
    if (problem) toast(words.said.failed(problem.message), { wrong: true });
  };
  return async (ids: readonly string[], deed: Deed): Promise<void> => {
    if (ids.length === 0) return;
    const { before, failed, problem } = await gallery.getState().act(ids, deed);
    forget(ids);
    if (problem) return toast(words.said.failed(problem.message), { wrong: true });
    if (failed.length > 0) toast(words.said.refused(failed.length, failed[0]?.detail ?? ""), { wrong: true });
    const done = ids.length - failed.length;
    if (done === 0) return;
    const action = { label: words.undo, act: () => void undo(deed, before) };
    toast(said(deed, done), undoing(deed, before).length > 0 ? { action } : {});
  };
}

/** Has what is known about changed pictures asked for again. */
export function useForget(): (ids: readonly string[]) => void {
  const client = useQueryClient();
  return (ids) => {
    for (const id of ids) void client.invalidateQueries({ queryKey: pictureKey(id) });
    for (const key of ["tags", "folders", "pictures", "storage"]) void client.invalidateQueries({ queryKey: [key] });
  };
}

function said({ action, favourite = true, folder = null, forever = false }: Deed, n: number): string {
  const sentences = {
    delete: () => (forever ? words.said.gone(n) : words.said.trashed(n)),
    restore: () => words.said.restored(n),
    favourite: () => (favourite ? words.said.favourites(n) : words.said.unmarked(n)),
    tag: () => words.said.tagged(n),
    untag: () => words.said.untagged(n),
    move: () => words.said.moved(n, folder),
  } satisfies Record<Deed["action"], () => string>;
  return sentences[action]();
}
