import { ListOrdered } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useOpenGenerations, usePictures } from "@/api/queries";
import { type Generation, type PictureRecord, titleOf } from "@/api/types";
import { Developing } from "@/features/recent/Developing";
import { inLine } from "@/features/recent/line";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";

const QueueDialog = lazy(() => import("@/features/recent/QueueDialog"));
const words = strings.recent;
/** The rest of the line is in the queue. */
const SHOWN = 12;

interface Props {
  /** The generation in the tray. */
  watched: string | null;
  onOpen(picture: PictureRecord): void;
  onWatch(generation: Generation): void;
}

/** Recent pictures hung up to dry, those that still develop before them. */
export function Film({ watched, onOpen, onWatch }: Props) {
  const { data: pictures } = usePictures();
  const { data: open = [] } = useOpenGenerations();
  const [queueOpen, setQueueOpen] = useState(false);
  const others = inLine(open.filter(({ id }) => id !== watched)).slice(0, SHOWN);
  const waiting = open.filter(({ state }) => state === "queued").length;
  return (
    <nav aria-label={words.title} className="min-w-0 lg:h-full lg:overflow-y-auto">
      <h2 className="sr-only">{words.title}</h2>
      {pictures?.length === 0 && others.length === 0 && (
        <p className="text-small text-pencil lg:text-center">{words.empty}</p>
      )}
      {waiting > 0 && (
        <Button kind="quiet" className="mb-1 w-full px-1 lg:w-18 lg:gap-1" onClick={() => setQueueOpen(true)}>
          <ListOrdered aria-hidden />
          {strings.queue.open(waiting)}
        </Button>
      )}
      {queueOpen && (
        <Suspense>
          <QueueDialog onClose={() => setQueueOpen(false)} onWatch={onWatch} />
        </Suspense>
      )}
      <ul className="flex gap-2 overflow-x-auto p-1 lg:flex-col lg:overflow-visible">
        {others.map((generation) => (
          <li key={generation.id} className="animate-appear">
            <Developing generation={generation} ahead={ahead(open, generation)} onWatch={onWatch} />
          </li>
        ))}
        {pictures?.map((picture) => (
          <li key={picture.id} className="animate-appear">
            <Hung picture={picture} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** How many go before it; where the server does not say, those that were asked for before it and wait, too. */
const ahead = (open: readonly Generation[], { position, created_at }: Generation): number =>
  position ?? open.filter((one) => one.state === "queued" && one.created_at < created_at).length;

const TILE = "relative block size-16 overflow-hidden rounded-print bg-tray transition-opacity duration-100";

function Hung({ picture, onOpen }: { picture: PictureRecord; onOpen: Props["onOpen"] }) {
  return (
    <button
      type="button"
      aria-label={words.open(titleOf(picture))}
      title={titleOf(picture)}
      onClick={() => onOpen(picture)}
      className={cx(TILE, "opacity-85 hover:opacity-100 focus-visible:opacity-100")}
    >
      <img src={picture.thumbnail_url} alt="" loading="lazy" className="size-full object-contain checkerboard" />
    </button>
  );
}
