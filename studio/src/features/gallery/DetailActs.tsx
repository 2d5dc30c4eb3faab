import { Clapperboard, ClipboardCopy, Download, Film, Heart, RotateCcw, Share2, Trash2, Undo2 } from "lucide-react";
import type { PictureRecord } from "@/api/types";
import type { DetailActions } from "@/features/gallery/Detail";
import { strings } from "@/strings";
import { Button, buttonLook, IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";
import { copy } from "@/ui/copy";

const words = strings.detail;

interface Props extends Omit<DetailActions, "onLabels"> {
  picture: PictureRecord;
  creator: boolean;
}

/** What can be done with one picture. */
export function DetailActs({ picture, creator, ...on }: Props) {
  const trashed = picture.deleted_at !== null;
  return (
    <div className="flex flex-wrap gap-1">
      {picture.recipe && creator && (
        <Button kind="primary" className="mb-1 w-full" onClick={() => on.onAgain(picture)}>
          <Undo2 aria-hidden />
          {words.again}
        </Button>
      )}
      {creator && !trashed && (
        <IconButton
          label={picture.favourite ? words.unfavourite : words.favourite}
          aria-pressed={picture.favourite ?? false}
          onClick={() => on.onFavourite(picture)}
        >
          <Heart aria-hidden className={cx(picture.favourite && "fill-paper text-paper")} />
        </IconButton>
      )}
      {picture.recipe && (
        <IconButton label={words.copyRecipe} onClick={() => void copy(JSON.stringify(picture.recipe, null, 2))}>
          <ClipboardCopy aria-hidden />
        </IconButton>
      )}
      {picture.generation && (
        <IconButton label={words.steps} onClick={() => on.onSteps(picture)}>
          <Film aria-hidden />
        </IconButton>
      )}
      {picture.generation && (
        <IconButton label={strings.timelapse.open} onClick={() => on.onTimelapse(picture)}>
          <Clapperboard aria-hidden />
        </IconButton>
      )}
      {creator && !trashed && (
        <IconButton label={words.share} onClick={() => on.onShare(picture)}>
          <Share2 aria-hidden />
        </IconButton>
      )}
      <a
        href={`${picture.url}?download=true`}
        download={picture.file_name}
        aria-label={words.download}
        title={words.download}
        className={buttonLook({ kind: "quiet", size: "icon" })}
      >
        <Download aria-hidden />
      </a>
      {creator && (
        <IconButton
          label={trashed ? strings.gallery.restore : strings.gallery.trash}
          onClick={() => (trashed ? on.onRestore(picture) : on.onTrash(picture))}
        >
          {trashed ? <RotateCcw aria-hidden /> : <Trash2 aria-hidden />}
        </IconButton>
      )}
    </div>
  );
}
