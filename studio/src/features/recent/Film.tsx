import { useOpenGenerations, usePictures } from "@/api/queries";
import { type Generation, type PictureRecord, titleOf } from "@/api/types";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";
import { Tip } from "@/ui/tip";

const words = strings.recent;

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
  const others = open.filter(({ id }) => id !== watched);
  return (
    <nav aria-label={words.title} className="min-w-0 lg:h-full lg:overflow-y-auto">
      <h2 className="sr-only">{words.title}</h2>
      {pictures?.length === 0 && others.length === 0 && (
        <p className="text-small text-pencil lg:text-center">{words.empty}</p>
      )}
      <ul className="flex gap-2 overflow-x-auto p-1 lg:flex-col lg:overflow-visible">
        {others.map((generation) => (
          <li key={generation.id} className="animate-appear">
            <Developing generation={generation} onWatch={onWatch} />
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

function Developing({ generation, onWatch }: { generation: Generation; onWatch: Props["onWatch"] }) {
  const { recipe, state, step, total } = generation;
  const percent = total ? Math.round((step / total) * 100) : 0;
  const label = state === "queued" ? words.queued(recipe.prompt) : words.running(recipe.prompt, percent);
  return (
    <Tip text={label}>
      <button type="button" aria-label={label} onClick={() => onWatch(generation)} className={cx(TILE, "p-2")}>
        <span className="line-clamp-2 text-small leading-4 text-pencil">{recipe.prompt}</span>
        <span className="absolute inset-x-2 bottom-2 h-0.5 bg-line">
          <span className="block h-full bg-safe" style={{ width: `${percent}%` }} />
        </span>
      </button>
    </Tip>
  );
}
