import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { getGeneration } from "@/api/client";
import { Problem } from "@/api/problem";
import { type PictureRecord, titleOf } from "@/api/types";
import { type Format, film, writes } from "@/features/timelapse/filming";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Button, buttonLook } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/labelled";
import { Segmented } from "@/ui/segmented";

const words = strings.timelapse;
const FORMATS = (Object.keys(words.formats) as Format[]).filter(writes);
const SIDES = [256, 512, 1024] as const;
const SPEED = { least: 1, usual: 30, most: 30 };

interface Made {
  readonly url: string;
  readonly format: Format;
}

/** Makes a film of a picture's steps, shows it, and lets it be saved. */
export default function TimelapseDialog({ picture, onClose }: { picture: PictureRecord; onClose(): void }) {
  const [format, setFormat] = useState<Format>("webp");
  const [perSecond, setPerSecond] = useState(8);
  const [side, setSide] = useState<number>(512);
  const { make, made, said, busy } = useFilming(picture);
  const title = titleOf(picture);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={words.title}
      closeLabel={words.close}
      className="max-w-lg"
    >
      <div className="flex flex-col gap-5 px-6 pb-6">
        <p className="text-small text-pencil">{words.body}</p>
        {made && (
          <div className="flex justify-center rounded-print bg-room">
            {made.format === "webp" ? (
              <img data-testid="film" src={made.url} alt={words.alt(title)} className="max-h-72 rounded-print" />
            ) : (
              <video
                data-testid="film"
                src={made.url}
                controls
                loop
                autoPlay
                muted
                className="max-h-72 rounded-print"
              />
            )}
          </div>
        )}
        <div className="grid gap-5 sm:grid-cols-2">
          <Field label={words.format} plain>
            <Segmented
              label={words.format}
              value={format}
              segments={FORMATS.map((value) => ({ value, label: words.formats[value] }))}
              onChange={(next) => setFormat(next as Format)}
            />
          </Field>
          <Field label={words.size} plain>
            <Segmented
              label={words.size}
              value={String(side)}
              segments={SIDES.map((value) => ({ value: String(value), label: `${value} px` }))}
              onChange={(next) => setSide(Number(next))}
            />
          </Field>
        </div>
        <Amount label={words.speed} value={perSecond} range={SPEED} onChange={(next) => setPerSecond(next ?? 8)} />
        <div className="flex min-h-8 items-center justify-end gap-3">
          <p role="status" className="me-auto text-small text-pencil tabular-nums">
            {said}
          </p>
          {made && (
            <a href={made.url} download={`${picture.id}.${made.format}`} className={buttonLook({ kind: "plain" })}>
              <Download aria-hidden />
              {words.save}
            </a>
          )}
          <Button kind="primary" disabled={busy} onClick={() => void make({ format, perSecond, side })}>
            {words.make}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Fetches the steps and puts them together; what was made before is let go of. */
function useFilming(picture: PictureRecord) {
  const [made, setMade] = useState<Made | null>(null);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const stop = useRef(new AbortController());
  useEffect(() => {
    const now = new AbortController();
    stop.current = now;
    return () => now.abort();
  }, []);
  useEffect(() => () => void (made && URL.revokeObjectURL(made.url)), [made]);
  const make = async (wish: { format: Format; perSecond: number; side: number }) => {
    setBusy(true);
    setMade(null);
    try {
      const { total, pictures } = await getGeneration(picture.generation ?? "");
      const which = Math.max(0, pictures?.findIndex(({ id }) => id === picture.id) ?? 0);
      const onFrame = (done: number, of: number) => setSaid(words.making(done, of));
      const file = await film({ picture, which, total, ...wish, onFrame, signal: stop.current.signal });
      setSaid(file ? "" : words.gone);
      if (file) setMade({ url: URL.createObjectURL(file), format: wish.format });
    } catch (error) {
      if (!(error instanceof Problem || error instanceof DOMException || error instanceof RangeError)) throw error;
      if (!stop.current.signal.aborted) setSaid(error instanceof Problem ? error.message : words.failed);
    } finally {
      setBusy(false);
    }
  };
  return { make, made, said, busy };
}
