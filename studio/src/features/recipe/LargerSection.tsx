import type { Extras, Size } from "@/features/recipe/draft";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Button } from "@/ui/button";
import { Folding } from "@/ui/folding";
import { Field } from "@/ui/labelled";
import { Segmented } from "@/ui/segmented";

const words = strings.larger;
const SCALE = { least: 1.1, usual: 4, most: 4 };
const SHARE = { least: 0, usual: 1, most: 1 };

interface Props {
  extras: Extras;
  set(change: Partial<Extras>): void;
  size: Size;
  multiple: number;
}

/** A second pass over the enlarged picture. */
export function LargerSection({ extras, set, size, multiple }: Props) {
  const { hires } = extras;
  const side = (pixels: number, scale: number) => Math.round((pixels * scale) / multiple) * multiple;
  const told = hires ? words.told(side(size.width, hires.scale), side(size.height, hires.scale)) : undefined;
  return (
    <Folding name="larger" title={words.title} told={told}>
      {hires === null ? (
        <Button
          className="self-start"
          onClick={() => set({ hires: { scale: 1.5, strength: 0.5, steps: null, upscale: "latent" } })}
        >
          {words.add}
        </Button>
      ) : (
        <>
          <Amount
            label={words.scale}
            value={hires.scale}
            range={SCALE}
            step={0.1}
            onChange={(scale) => set({ hires: { ...hires, scale: scale ?? 1.5 } })}
          />
          <Amount
            label={words.strength}
            value={hires.strength}
            range={SHARE}
            step={0.05}
            onChange={(strength) => set({ hires: { ...hires, strength: strength ?? 0.5 } })}
          />
          <Field label={words.upscale} plain>
            <Segmented
              label={words.upscale}
              value={hires.upscale}
              segments={[
                { value: "latent", label: words.latent, title: words.latentTitle },
                { value: "lanczos", label: words.lanczos, title: words.lanczosTitle },
              ]}
              onChange={(upscale) => set({ hires: { ...hires, upscale } })}
            />
          </Field>
          <Button kind="quiet" className="-ms-3 self-start" onClick={() => set({ hires: null })}>
            {words.remove}
          </Button>
        </>
      )}
    </Folding>
  );
}
