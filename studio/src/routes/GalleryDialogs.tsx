import { lazy, Suspense } from "react";
import type { Tile } from "@/features/gallery/album";
import { CompareDialog } from "@/features/gallery/CompareDialog";
import { Detail } from "@/features/gallery/Detail";
import { Naming } from "@/features/gallery/Naming";
import { ShareDialog } from "@/features/gallery/ShareDialog";
import type { GalleryActs } from "@/routes/useGalleryActs";
import { strings } from "@/strings";
import { Confirm } from "@/ui/confirm";

const TimelapseDialog = lazy(() => import("@/features/timelapse/TimelapseDialog"));
const words = strings.gallery;

interface Props {
  acts: GalleryActs;
  picture: string | null;
  creator: boolean;
  tiles: readonly Tile[];
  onOpen(id: string | null): void;
}

/** What floats above the gallery. */
export function GalleryDialogs({ acts, picture, creator, tiles, onOpen }: Props) {
  const at = tiles.findIndex(({ id }) => id === picture);
  const go = (to: number) => {
    const there = at < 0 ? undefined : tiles[to];
    return there ? () => onOpen(there.id) : null;
  };
  return (
    <>
      <Detail
        id={picture}
        creator={creator}
        onClose={() => onOpen(null)}
        onGo={{ previous: go(at - 1), next: go(at + 1) }}
        {...acts.one}
      />
      <ShareDialog picture={acts.sharing} onClose={acts.close.sharing} />
      {acts.filming && (
        <Suspense>
          <TimelapseDialog picture={acts.filming} onClose={acts.close.filming} />
        </Suspense>
      )}
      <CompareDialog pair={acts.pair} onClose={acts.close.pair} />
      <Naming
        naming={acts.naming}
        onTags={(tags) => acts.name({ tags })}
        onFolder={(folder) => acts.name({ folder })}
        onClose={acts.close.naming}
      />
      <Confirm
        open={acts.doomed.length > 0}
        title={words.foreverTitle(acts.doomed.length)}
        body={words.foreverBody}
        action={words.forever}
        onConfirm={acts.destroy}
        onClose={acts.close.doomed}
      />
    </>
  );
}
