import { ImagePlus, X } from "lucide-react";
import { type ClipboardEvent, type DragEvent, useId, useState } from "react";
import { giveImage, imageUrl } from "@/api/images";
import { Problem } from "@/api/problem";
import { usePictures } from "@/api/queries";
import { titleOf } from "@/api/types";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";

const words = strings.image;
const KINDS = "image/png,image/jpeg,image/webp";
const PICTURE = /\/api\/v1\/pictures\/(pic_[0-9a-f]{24})\b/;
const OFFERED = 12;

interface Props {
  label: string;
  /** `img_…` or `pic_…`; null while there is none. */
  value: string | null;
  onChange(value: string | null): void;
}

/** An image to draw with: a file, what is dropped or pasted, or a picture that hangs here already. */
export function ImageField({ label, value, onChange }: Props) {
  const id = useId();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const take = async (file: File | null | undefined) => {
    if (!file) return;
    setSending(true);
    setProblem(null);
    try {
      onChange((await giveImage(file)).id);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem([error.message, error.hint].filter(Boolean).join(" "));
    } finally {
      setSending(false);
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    const picture = PICTURE.exec(event.dataTransfer.getData("text/uri-list"))?.[1];
    if (picture) onChange(picture);
    else void take(event.dataTransfer.files[0]);
  };
  const paste = (event: ClipboardEvent) => void take(event.clipboardData.files[0]);
  return (
    <fieldset
      aria-label={label}
      className="flex min-w-0 flex-col gap-2"
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      onPaste={paste}
    >
      {value === null ? (
        <label
          htmlFor={id}
          className="flex min-h-16 cursor-pointer items-center gap-3 rounded-control bg-raised px-3 text-small text-pencil outline-safe transition-colors duration-100 hover:bg-line hover:text-paper has-[:focus-visible]:outline-2"
        >
          <ImagePlus aria-hidden className="size-5 shrink-0" />
          <span>
            <span className="sr-only">{label}: </span>
            {sending ? words.sending : words.choose}
          </span>
          <input
            id={id}
            type="file"
            accept={KINDS}
            className="sr-only"
            onChange={(event) => {
              void take(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
        </label>
      ) : (
        <Chosen label={label} value={value} onLeave={() => onChange(null)} />
      )}
      {problem && (
        <p role="alert" className="text-small">
          {problem}
        </p>
      )}
      {value === null && <Recent label={label} onChoose={onChange} />}
    </fieldset>
  );
}

function Chosen({ label, value, onLeave }: { label: string; value: string; onLeave(): void }) {
  const [gone, setGone] = useState<string | null>(null);
  return (
    <div className="relative">
      {gone === value ? (
        <p role="alert" className="rounded-control bg-raised p-3 pe-10 text-small">
          {words.gone}
        </p>
      ) : (
        <img
          src={imageUrl(value)}
          alt={label}
          onError={() => setGone(value)}
          className="max-h-40 w-full rounded-print object-contain checkerboard"
        />
      )}
      <IconButton label={words.remove(label)} kind="plain" onClick={onLeave} className="absolute top-1 end-1">
        <X aria-hidden />
      </IconButton>
    </div>
  );
}

function Recent({ label, onChoose }: { label: string; onChoose(picture: string): void }) {
  const { data: pictures = [] } = usePictures();
  if (pictures.length === 0) return null;
  return (
    <ul aria-label={words.recent} className="flex gap-1 overflow-x-auto p-0.5">
      {pictures.slice(0, OFFERED).map((picture) => (
        <li key={picture.id}>
          <button
            type="button"
            aria-label={words.take(titleOf(picture), label)}
            title={titleOf(picture)}
            onClick={() => onChoose(picture.id)}
            className={cx("block size-10 overflow-hidden rounded-print checkerboard opacity-85 hover:opacity-100")}
          >
            <img src={picture.thumbnail_url} alt="" loading="lazy" className="size-full object-cover" />
          </button>
        </li>
      ))}
    </ul>
  );
}
