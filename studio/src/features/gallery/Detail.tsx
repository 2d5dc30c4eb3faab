import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect } from "react";
import { getPicture } from "@/api/gallery";
import { Problem } from "@/api/problem";
import { pictureKey } from "@/api/queries";
import { type PictureRecord, titleOf } from "@/api/types";
import { DetailActs } from "@/features/gallery/DetailActs";
import { Facts } from "@/features/gallery/Facts";
import { Labels } from "@/features/gallery/Labels";
import { Timeline } from "@/features/gallery/Timeline";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { mirrored } from "@/ui/direction";
import { Trouble, Waiting } from "@/ui/states";

const words = strings.detail;

export interface DetailActions {
  onFavourite(picture: PictureRecord): void;
  onLabels(picture: PictureRecord, labels: { tags?: readonly string[]; folder?: string | null }): void;
  onAgain(picture: PictureRecord): void;
  onSteps(picture: PictureRecord): void;
  onTimelapse(picture: PictureRecord): void;
  onShare(picture: PictureRecord): void;
  onTrash(picture: PictureRecord): void;
  onRestore(picture: PictureRecord): void;
}

interface Props extends DetailActions {
  id: string | null;
  creator: boolean;
  onClose(): void;
  /** Shows the picture before (-1) or after (1) it; null where there is none. */
  onGo: { previous: (() => void) | null; next: (() => void) | null };
}

/** One picture, large, with all that is known about it. */
export function Detail({ id, creator, onClose, onGo, ...acts }: Props) {
  const { data, error, refetch } = useQuery({
    queryKey: pictureKey(id ?? ""),
    queryFn: ({ signal }) => getPicture(id ?? "", signal),
    enabled: id !== null,
  });
  const picture = data?.id === id ? data : undefined;
  useDetailKeys(id !== null, { onGo, onFavourite: () => picture && creator && acts.onFavourite(picture) });
  return (
    <Dialog
      open={id !== null}
      onOpenChange={(open) => !open && onClose()}
      title={picture ? words.of(titleOf(picture)) : strings.gallery.title}
      closeLabel={strings.shell.close}
      hideTitle
      className="h-[calc(100dvh-32px)] max-w-none max-lg:inset-0 max-lg:h-dvh max-lg:max-h-none max-lg:w-full max-lg:translate-0 max-lg:rounded-none"
    >
      {picture ? (
        <div className="grid lg:min-h-0 lg:grow lg:grid-cols-[minmax(0,1fr)_20rem]">
          <Large picture={picture} onGo={onGo} />
          <aside className="flex flex-col gap-6 p-6 lg:min-h-0 lg:overflow-y-auto lg:pt-14">
            <h2 className="text-body text-pretty break-words">{titleOf(picture)}</h2>
            <DetailActs picture={picture} creator={creator} {...acts} />
            <Labels picture={picture} creator={creator} onLabels={acts.onLabels} />
            <Facts picture={picture} />
          </aside>
        </div>
      ) : error instanceof Problem ? (
        <Trouble problem={error} onRetry={() => void refetch()} />
      ) : (
        <Waiting />
      )}
    </Dialog>
  );
}

function Large({ picture, onGo: { previous, next } }: { picture: PictureRecord; onGo: Props["onGo"] }) {
  return (
    <div className="flex flex-col gap-4 bg-room p-4 max-lg:pt-14 lg:min-h-0 lg:p-6">
      <Timeline key={picture.id} picture={picture} />
      <div className="flex justify-center gap-1">
        <IconButton label={words.previous} disabled={previous === null} onClick={() => previous?.()}>
          <ChevronLeft aria-hidden className="rtl:-scale-x-100" />
        </IconButton>
        <IconButton label={words.next} disabled={next === null} onClick={() => next?.()}>
          <ChevronRight aria-hidden className="rtl:-scale-x-100" />
        </IconButton>
      </div>
    </div>
  );
}

function useDetailKeys(open: boolean, keys: { onGo: Props["onGo"]; onFavourite(): void }) {
  useEffect(() => {
    if (!open) return;
    const press = ({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      if (ctrlKey || metaKey || altKey) return;
      if (target instanceof Element && target.matches("input, textarea, [role=slider], [role=menuitem]")) return;
      if (document.querySelectorAll("[role=dialog]").length > 1) return;
      if (mirrored(key) === "ArrowLeft") keys.onGo.previous?.();
      if (mirrored(key) === "ArrowRight") keys.onGo.next?.();
      if (key === "f") keys.onFavourite();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}
