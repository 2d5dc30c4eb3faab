import { useState } from "react";
import { giveImage, imageUrl } from "@/api/images";
import { Problem } from "@/api/problem";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Brushes, ROUND } from "@/ui/paint/Brushes";
import { fileOf } from "@/ui/paint/canvas";
import { blank, type Painting, paint } from "@/ui/paint/painting";
import Surface from "@/ui/paint/Surface";

const words = strings.paint;

interface Props {
  title: string;
  hint: string;
  /** The image to paint over; null paints on an empty sheet. */
  backdrop: string | null;
  size: { readonly width: number; readonly height: number };
  painting: Painting;
  onPainting(painting: Painting): void;
  onClose(): void;
  onMask(image: string): void;
}

/** Paints a mask over an image, large, and sends it. */
export default function MaskDialog({ title, hint, backdrop, size, painting, onPainting, onClose, onMask }: Props) {
  const [brush, setBrush] = useState(ROUND);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const ratio = size.width / size.height;
  const use = async () => {
    setSending(true);
    try {
      onMask((await giveImage(await fileOf(painting, size))).id);
      onClose();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem([error.message, error.hint].filter(Boolean).join(" "));
      setSending(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      closeLabel={words.close}
      className="max-w-2xl"
    >
      <div className="flex flex-col items-center gap-4 px-6 pb-6">
        <div
          className="relative overflow-hidden rounded-print bg-sheet checkerboard"
          style={{ aspectRatio: ratio, width: `min(100%, ${ratio * 58}dvh)` }}
        >
          {backdrop && <img src={imageUrl(backdrop)} alt="" className="absolute inset-0 size-full object-cover" />}
          <Surface painting={painting} onDab={(dab) => onPainting(paint(painting, dab))} brush={brush} ratio={ratio} />
        </div>
        <p className="text-small text-pencil">{hint}</p>
        <Brushes
          brush={brush}
          onBrush={setBrush}
          painting={painting}
          onDab={(dab) => onPainting(paint(painting, dab))}
        />
        {problem && (
          <p role="alert" className="text-small">
            {problem}
          </p>
        )}
        <Button kind="primary" disabled={blank(painting) || sending} onClick={() => void use()}>
          {words.use}
        </Button>
      </div>
    </Dialog>
  );
}
