import { Link } from "@tanstack/react-router";
import { useCallback } from "react";
import { useReadiness } from "@/api/queries";
import type { Album } from "@/features/gallery/album";
import { Grid } from "@/features/gallery/Grid";
import { useGallery, useGalleryStore } from "@/features/gallery/gallery";
import type { Selection } from "@/features/gallery/selection";
import { isNarrow, type Wanted } from "@/features/gallery/wanted";
import { strings } from "@/strings";
import { Button, buttonLook } from "@/ui/button";
import { useMedia } from "@/ui/media";
import { Nothing, Trouble, Waiting } from "@/ui/states";

const words = strings.gallery;

interface Props {
  album: Album;
  wanted: Wanted;
  selection: Selection;
  onSelection(selection: Selection): void;
  onOpen(id: string): void;
  onReset(): void;
}

/** The pictures; or why there are none. */
export function Hanging({ album, wanted, selection, onSelection, onOpen, onReset }: Props) {
  const gallery = useGalleryStore();
  const problem = useGallery((state) => state.problem);
  const smallest = useMedia("(min-width: 64rem)") ? 152 : 104;
  const more = useCallback(() => gallery.getState().more(), [gallery]);
  const retry = () => gallery.getState().retry();
  const readiness = useReadiness();
  if (album.tiles.length === 0) {
    if (problem) return <Trouble problem={problem} onRetry={retry} />;
    if (album.phase === "loading") return <Waiting label={words.loading} />;
    return <Empty wanted={wanted} onReset={onReset} />;
  }
  return (
    <div className="relative flex min-h-0 grow flex-col">
      {readiness.state === "offline" && (
        <p role="status" className="flex items-center justify-center gap-3 pb-2 text-small text-pencil">
          {strings.app.offline}
          <Button onClick={readiness.retry}>{strings.app.retry}</Button>
        </p>
      )}
      <Grid
        tiles={album.tiles}
        selection={selection}
        onSelection={onSelection}
        onOpen={onOpen}
        onEnd={more}
        smallest={smallest}
      />
      {problem && (
        <p
          role="alert"
          className="absolute inset-x-0 bottom-4 mx-auto flex w-fit items-center gap-3 rounded-control bg-raised py-1 pe-1 ps-4 text-small shadow-float"
        >
          {words.moreFailed} {problem.message}
          <Button onClick={retry}>{strings.shell.retry}</Button>
        </p>
      )}
    </div>
  );
}

function Empty({ wanted, onReset }: { wanted: Wanted; onReset(): void }) {
  if (wanted.trash) return <Nothing title={words.trashEmpty} />;
  if (isNarrow(wanted)) {
    return (
      <Nothing title={words.none} body={words.noneBody}>
        <Button onClick={onReset}>{words.reset}</Button>
      </Nothing>
    );
  }
  return (
    <Nothing title={words.empty} body={words.emptyBody}>
      <Link to="/" search={{}} className={buttonLook({ kind: "plain" })}>
        {words.develop}
      </Link>
    </Nothing>
  );
}
