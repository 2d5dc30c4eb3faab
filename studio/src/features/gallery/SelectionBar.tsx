import { Columns2, Download, FolderInput, Heart, HeartOff, RotateCcw, Tag, TagsIcon, Trash2, X } from "lucide-react";
import type { ReactNode } from "react";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";

const words = strings.gallery;
export type BulkAct =
  | "favourite"
  | "unfavourite"
  | "tag"
  | "untag"
  | "move"
  | "compare"
  | "download"
  | "trash"
  | "restore"
  | "forever";

interface Props {
  count: number;
  /** What is looked at is the trash. */
  inTrash: boolean;
  /** Whether one may change things. */
  creator: boolean;
  onAct(act: BulkAct): void;
  onAll(): void;
  onNone(): void;
}

const KEPT: readonly (readonly [BulkAct, ReactNode])[] = [
  ["favourite", <Heart key="1" aria-hidden />],
  ["unfavourite", <HeartOff key="2" aria-hidden />],
  ["tag", <Tag key="3" aria-hidden />],
  ["untag", <TagsIcon key="4" aria-hidden />],
  ["move", <FolderInput key="5" aria-hidden />],
  ["trash", <Trash2 key="6" aria-hidden />],
];
const TRASHED: readonly (readonly [BulkAct, ReactNode])[] = [
  ["restore", <RotateCcw key="1" aria-hidden />],
  ["forever", <Trash2 key="2" aria-hidden />],
];
const LOOKING: readonly (readonly [BulkAct, ReactNode])[] = [
  ["compare", <Columns2 key="1" aria-hidden />],
  ["download", <Download key="2" aria-hidden />],
];

/** What can be done with the pictures that are selected. */
export function SelectionBar({ count, inTrash, creator, onAct, onAll, onNone }: Props) {
  const acts = [...(inTrash ? [] : LOOKING), ...(creator ? (inTrash ? TRASHED : KEPT) : [])];
  return (
    <div
      role="toolbar"
      aria-label={words.selected(count)}
      className="absolute inset-x-0 bottom-4 z-20 mx-auto flex w-fit max-w-[calc(100%-16px)] flex-wrap items-center justify-center gap-1 rounded-control bg-raised p-1 shadow-float animate-appear"
    >
      <span role="status" className="px-3 text-small tabular-nums">
        {words.selected(count)}
      </span>
      {acts.map(([act, icon]) => (
        <IconButton
          key={act}
          label={act === "compare" && count !== 2 ? words.compareTwo : words[act]}
          disabled={act === "compare" && count !== 2}
          onClick={() => onAct(act)}
        >
          {icon}
        </IconButton>
      ))}
      <button
        type="button"
        onClick={onAll}
        className="h-8 rounded-control px-3 text-small text-pencil hover:bg-line hover:text-paper pointer-coarse:h-10"
      >
        {words.selectAll}
      </button>
      <IconButton label={words.selectNone} onClick={onNone}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}
