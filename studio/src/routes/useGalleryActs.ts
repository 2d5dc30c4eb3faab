import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { exportPictures } from "@/api/gallery";
import { Problem } from "@/api/problem";
import { pictureKey } from "@/api/queries";
import type { PictureRecord } from "@/api/types";
import type { NamingOf } from "@/features/gallery/Naming";
import type { BulkAct } from "@/features/gallery/SelectionBar";
import { none, type Selection } from "@/features/gallery/selection";
import { useDeeds } from "@/features/gallery/useDeeds";
import { useRecipeToDraft } from "@/routes/useOpenPicture";
import { strings } from "@/strings";
import { remember } from "@/ui/remembered";
import { toast } from "@/ui/toasts";

const words = strings.gallery;
const ZIP_LIMIT = 1000;

interface Place {
  selection: Selection;
  setSelection(selection: Selection): void;
  open(id: string | null): void;
  /** The picture that is open. */
  shown: string | null;
}

/** What can be done in the gallery, with what is selected or with the picture that is open. */
export function useGalleryActs({ selection, setSelection, open, shown }: Place) {
  const deal = useDeeds();
  const client = useQueryClient();
  const navigate = useNavigate();
  const draftOf = useRecipeToDraft();
  const [naming, setNaming] = useState<NamingOf | null>(null);
  const [pair, setPair] = useState<readonly [string, string] | null>(null);
  const [sharing, setSharing] = useState<PictureRecord | null>(null);
  const [filming, setFilming] = useState<PictureRecord | null>(null);
  const [doomed, setDoomed] = useState<readonly string[]>([]);
  const ids = selection.chosen.size ? [...selection.chosen] : selection.at ? [selection.at] : [];

  const act = (what: BulkAct) => {
    const [first, second] = ids;
    if (what === "favourite" || what === "unfavourite")
      void deal(ids, { action: "favourite", favourite: what === "favourite" });
    else if (what === "trash") void deal(ids, { action: "delete" });
    else if (what === "restore") void deal(ids, { action: "restore" });
    else if (what === "forever") setDoomed(ids);
    else if (what === "compare") ids.length === 2 && first && second && setPair([first, second]);
    else if (what === "download") void download(ids);
    else if (ids.length) setNaming(what);
    if (what === "trash" || what === "restore") setSelection(none(selection));
  };
  const name = (labels: { tags?: readonly string[]; folder?: string | null }) => {
    if (naming === "move") void deal(ids, { action: "move", folder: labels.folder ?? null });
    else if (naming) void deal(ids, { action: naming, tags: labels.tags ?? [] });
    setNaming(null);
  };
  const destroy = () => {
    void deal(doomed, { action: "delete", forever: true });
    setDoomed([]);
    setSelection(none(selection));
  };
  /** Shows a change of one picture at once; the deed that follows asks for the truth. */
  const foresee = (picture: PictureRecord, change: Partial<PictureRecord>) =>
    client.setQueryData(pictureKey(picture.id), { ...picture, ...change });
  const one = {
    onFavourite: (picture: PictureRecord) => {
      foresee(picture, { favourite: !picture.favourite });
      void deal([picture.id], { action: "favourite", favourite: !picture.favourite });
    },
    onLabels: (picture: PictureRecord, { tags, folder }: { tags?: readonly string[]; folder?: string | null }) => {
      foresee(picture, { ...(tags ? { tags } : {}), ...(folder === undefined ? {} : { folder }) });
      if (folder !== undefined) void deal([picture.id], { action: "move", folder });
      const more = tags?.filter((tag) => !picture.tags.includes(tag)) ?? [];
      const less = tags ? picture.tags.filter((tag) => !tags.includes(tag)) : [];
      if (more.length) void deal([picture.id], { action: "tag", tags: more });
      if (less.length) void deal([picture.id], { action: "untag", tags: less });
    },
    onAgain: (picture: PictureRecord) => {
      const draft = draftOf(picture);
      if (draft) remember("draft", JSON.stringify(draft));
      void navigate({ to: "/", search: {} });
    },
    onSteps: ({ generation }: PictureRecord) => void navigate({ to: "/", search: generation ? { g: generation } : {} }),
    onShare: setSharing,
    onTimelapse: setFilming,
    onTrash: (picture: PictureRecord) => {
      open(null);
      void deal([picture.id], { action: "delete" });
    },
    onRestore: (picture: PictureRecord) => {
      open(null);
      void deal([picture.id], { action: "restore" });
    },
  };
  const closers = {
    naming: () => setNaming(null),
    pair: () => setPair(null),
    sharing: () => setSharing(null),
    filming: () => setFilming(null),
    doomed: () => setDoomed([]),
  };
  return { act, name, destroy, one, naming, pair, sharing, filming, doomed, close: closers, shown };
}

export type GalleryActs = ReturnType<typeof useGalleryActs>;

async function download(ids: readonly string[]): Promise<void> {
  if (ids.length > ZIP_LIMIT) return toast(words.zipTooMany, { wrong: true });
  toast(words.zipping);
  try {
    const url = URL.createObjectURL(await exportPictures(ids));
    const link = Object.assign(document.createElement("a"), { href: url, download: "safelight.zip" });
    link.click();
    URL.revokeObjectURL(url);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message, { wrong: true });
  }
}
