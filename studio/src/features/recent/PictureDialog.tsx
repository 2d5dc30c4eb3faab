import { ChevronLeft, ChevronRight, Download, Film as FilmStrip, Undo2 } from "lucide-react";
import { useEffect } from "react";
import { type PictureRecord, titleOf } from "@/api/types";
import { strings } from "@/strings";
import { Button, buttonLook, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { mirrored } from "@/ui/direction";

const words = strings.picture;

interface Props {
  picture: PictureRecord;
  onClose(): void;
  onUse(picture: PictureRecord): void;
  /** Puts its generation back into the tray, steps and all. */
  onWatch(picture: PictureRecord): void;
  /** Shows the next older (1) or newer (-1) picture; null where there is none. */
  onGo: { older: (() => void) | null; newer: (() => void) | null };
}

/** One picture with its recipe. */
export default function PictureDialog({ picture, onClose, onUse, onWatch, onGo }: Props) {
  const { older, newer } = onGo;
  useEffect(() => {
    const press = ({ key }: KeyboardEvent) => {
      if (mirrored(key) === "ArrowLeft") newer?.();
      if (mirrored(key) === "ArrowRight") older?.();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [older, newer]);

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={titleOf(picture)}
      closeLabel={words.close}
      className="max-w-5xl"
    >
      <div className="grid gap-6 px-6 pb-6 md:grid-cols-[minmax(0,1fr)_18rem]">
        <img
          key={picture.id}
          src={picture.url}
          alt={titleOf(picture)}
          className="max-h-[70dvh] w-full rounded-print object-contain checkerboard animate-expose"
          style={{ aspectRatio: picture.width / picture.height }}
        />
        <div className="flex flex-col gap-6">
          <Facts picture={picture} />
          <div className="flex flex-wrap gap-2">
            {picture.recipe && (
              <Button kind="primary" onClick={() => onUse(picture)}>
                <Undo2 aria-hidden />
                {words.use}
              </Button>
            )}
            <a
              href={`${picture.url}?download=true`}
              download={picture.file_name}
              className={buttonLook({ kind: "plain" })}
            >
              <Download aria-hidden />
              {words.download}
            </a>
            {picture.generation && (
              <Button kind="quiet" onClick={() => onWatch(picture)}>
                <FilmStrip aria-hidden />
                {words.watch}
              </Button>
            )}
          </div>
          <div className="mt-auto flex gap-1">
            <IconButton label={words.previous} disabled={newer === null} onClick={() => newer?.()}>
              <ChevronLeft aria-hidden className="rtl:-scale-x-100" />
            </IconButton>
            <IconButton label={words.next} disabled={older === null} onClick={() => older?.()}>
              <ChevronRight aria-hidden className="rtl:-scale-x-100" />
            </IconButton>
          </div>
        </div>
      </div>
    </Dialog>
  );
}

function Facts({ picture }: { picture: PictureRecord }) {
  const { recipe } = picture;
  const facts: readonly (readonly [string, string | number | null | undefined])[] = [
    [words.negative, recipe?.negative_prompt],
    [words.model, recipe?.model],
    [words.size, `${picture.width} × ${picture.height}`],
    [words.steps, recipe?.steps],
    [words.guidance, recipe?.guidance],
    [words.sampler, recipe?.sampler ? strings.samplers[recipe.sampler] : null],
    [words.seed, picture.seed],
    [words.made, new Date(picture.created_at).toLocaleString()],
  ];
  return (
    <dl
      aria-label={words.recipe}
      className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 text-small tabular-nums"
    >
      {facts.map(
        ([name, value]) =>
          value !== null &&
          value !== undefined &&
          value !== "" && (
            <div key={name} className="contents">
              <dt className="text-pencil">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
