import { Brush, Contrast } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { ModelCard, StartImage } from "@/api/types";
import { type Extras, withoutOrphans } from "@/features/recipe/draft";
import { ImageField } from "@/features/recipe/ImageField";
import { OutpaintFields } from "@/features/recipe/OutpaintFields";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Button, IconButton } from "@/ui/button";
import { Folding } from "@/ui/folding";
import { type Painting, UNPAINTED } from "@/ui/paint/painting";
import { Segmented } from "@/ui/segmented";

const MaskDialog = lazy(() => import("@/features/recipe/MaskDialog"));
const words = strings.start;
const SHARE = { least: 0, usual: 1, most: 1 };
const FEATHER = { least: 0, usual: 64, most: 256 };
const BORDER = { left: 64, right: 64, top: 0, bottom: 0 };

interface Props {
  extras: Extras;
  set(change: Partial<Extras>): void;
  card: ModelCard;
  /** Steps of the picture to be drawn. */
  steps: number;
  /** Of what will be drawn, in pixels. */
  size: { readonly width: number; readonly height: number };
}

/** An image to begin with, how much of it stays, and which part is drawn anew. */
export function StartSection({ extras, set, card, size, steps }: Props) {
  const { image, mask, outpaint } = extras;
  const choose = (chosen: string | null) =>
    set(withoutOrphans({ ...extras, image: chosen === null ? null : { image: chosen, strength: 0.6, at_step: null } }));
  const told = image ? words.told(image.at_step, image.strength, mask !== null, outpaint !== null) : undefined;
  return (
    <Folding name="start" title={words.title} told={told}>
      <ImageField label={words.image} value={image?.image ?? null} onChange={choose} />
      {image && (
        <>
          <HowMuch image={image} steps={steps} onChange={(changed) => set({ image: changed })} />
          {card.capabilities.includes("mask") && (
            <>
              <MaskFields extras={extras} set={set} size={size} image={image.image} />
              <OutpaintFields
                outpaint={outpaint}
                onChange={(borders) => set({ outpaint: borders })}
                onAdd={() => set({ outpaint: BORDER, image: { ...image, strength: 1 } })}
                multiple={card.sizes.multiple}
              />
            </>
          )}
        </>
      )}
    </Folding>
  );
}

interface HowMuchProps {
  image: StartImage;
  steps: number;
  onChange(image: StartImage): void;
}

/** How much of the image goes: as a part of all noise, or by the step at which it enters the schedule. */
function HowMuch({ image, steps, onChange }: HowMuchProps) {
  const byStep = image.at_step !== null;
  const choose = (way: string) =>
    onChange({ ...image, at_step: way === "step" ? Math.max(1, Math.round(steps / 3)) : null });
  return (
    <>
      <Segmented
        label={words.way}
        value={byStep ? "step" : "strength"}
        segments={[
          { value: "strength", label: words.strength },
          { value: "step", label: words.atStep },
        ]}
        onChange={choose}
      />
      {byStep ? (
        <Amount
          label={words.atStep}
          value={image.at_step ?? 1}
          range={{ least: 1, usual: steps, most: steps }}
          onChange={(step) => onChange({ ...image, at_step: step ?? 1 })}
        />
      ) : (
        <Amount
          label={words.strength}
          value={image.strength}
          range={SHARE}
          step={0.05}
          onChange={(strength) => onChange({ ...image, strength: strength ?? 0.6 })}
        />
      )}
      <p className="-mt-2 text-small text-pencil">
        {byStep ? words.atStepHint(image.at_step ?? 1, steps) : words.strengthHint}
      </p>
    </>
  );
}

function MaskFields({ extras, set, size, image }: Omit<Props, "card" | "steps"> & { image: string }) {
  const { mask } = extras;
  const [open, setOpen] = useState(false);
  const [painting, setPainting] = useState<Painting>(UNPAINTED);
  return (
    <>
      <div className="flex flex-wrap items-center gap-1">
        <Button onClick={() => setOpen(true)}>
          <Brush aria-hidden />
          {mask ? words.maskChange : words.mask}
        </Button>
        {mask && (
          <>
            <IconButton
              label={words.invert}
              aria-pressed={mask.invert}
              onClick={() => set({ mask: { ...mask, invert: !mask.invert } })}
            >
              <Contrast aria-hidden className={mask.invert ? "text-paper" : ""} />
            </IconButton>
            <Button kind="quiet" onClick={() => set({ mask: null })}>
              {words.maskRemove}
            </Button>
          </>
        )}
      </div>
      {mask && (
        <Amount
          label={words.feather}
          value={mask.feather}
          range={FEATHER}
          onChange={(feather) => set({ mask: { ...mask, feather: feather ?? 0 } })}
        />
      )}
      {open && (
        <Suspense>
          <MaskDialog
            title={words.maskTitle}
            hint={words.maskHint}
            backdrop={image}
            size={size}
            painting={painting}
            onPainting={setPainting}
            onClose={() => setOpen(false)}
            onMask={(painted) => set({ mask: { image: painted, feather: mask?.feather ?? 8, invert: false } })}
          />
        </Suspense>
      )}
    </>
  );
}
