import { Brush, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import type { Injection } from "@/api/types";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Button, IconButton } from "@/ui/button";
import { Folding } from "@/ui/folding";
import { FIRST_GRAIN, NoiseFields } from "@/ui/grain/NoiseFields";
import { type Painting, UNPAINTED } from "@/ui/paint/painting";

const MaskDialog = lazy(() => import("@/features/recipe/MaskDialog"));
const words = strings.noiseSection;
const MOST = 8;

interface Props {
  injections: readonly Injection[];
  onChange(injections: readonly Injection[]): void;
  /** Steps of the picture to be drawn. */
  steps: number;
  size: { readonly width: number; readonly height: number };
  /** Whether its grain is to be seen on the print. */
  onShow(shown: boolean): void;
}

/** Noise that the recipe itself puts in. While this is open, the print shows where it falls. */
export function NoiseSection({ injections, onChange, steps, size, onShow }: Props) {
  const add = () =>
    onChange([...injections, { ...FIRST_GRAIN, mask: null, first: Math.max(1, Math.round(steps / 3)), last: null }]);
  const change = (index: number, injection: Injection) =>
    onChange(injections.map((one, n) => (n === index ? injection : one)));
  return (
    <Folding name="noise" title={words.title} told={injections.length ? words.told(injections.length) : undefined}>
      <Shown onShow={onShow} />
      {injections.map((injection, n) => (
        <One
          key={n}
          number={n + 1}
          injection={injection}
          onChange={(changed) => change(n, changed)}
          onRemove={() => onChange(injections.filter((_, index) => index !== n))}
          steps={steps}
          size={size}
        />
      ))}
      {injections.length < MOST && (
        <Button className="self-start" onClick={add}>
          <Plus aria-hidden />
          {words.add}
        </Button>
      )}
    </Folding>
  );
}

/** Says that it is seen for as long as it is. */
function Shown({ onShow }: Pick<Props, "onShow">) {
  useEffect(() => {
    onShow(true);
    return () => onShow(false);
  }, [onShow]);
  return null;
}

interface OneProps extends Pick<Props, "steps" | "size"> {
  number: number;
  injection: Injection;
  onChange(injection: Injection): void;
  onRemove(): void;
}

function One({ number, injection, onChange, onRemove, steps, size }: OneProps) {
  const [painting, setPainting] = useState<Painting>(UNPAINTED);
  const [open, setOpen] = useState(false);
  return (
    <fieldset aria-label={words.one(number)} className="flex min-w-0 flex-col gap-3 pb-2">
      <NoiseFields
        noise={injection}
        ratio={size.width / size.height}
        onChange={(noise) =>
          noise.pattern === null ? setOpen(true) : onChange({ ...injection, ...noise, mask: null })
        }
      />
      {injection.mask && (
        <Button className="self-start" onClick={() => setOpen(true)}>
          <Brush aria-hidden />
          {words.paintAgain}
        </Button>
      )}
      <div className="flex items-end gap-2">
        <div className="grow">
          <Amount
            label={words.after}
            value={injection.first}
            range={{ least: 1, usual: Math.max(steps, injection.first), most: 1000 }}
            onChange={(first) => onChange({ ...injection, first: first ?? 1 })}
          />
        </div>
        <IconButton label={words.remove(number)} onClick={onRemove}>
          <Trash2 aria-hidden />
        </IconButton>
      </div>
      {open && (
        <Suspense>
          <MaskDialog
            title={words.paintTitle}
            hint={words.paintHint}
            backdrop={null}
            size={size}
            painting={painting}
            onPainting={setPainting}
            onClose={() => setOpen(false)}
            onMask={(mask) => onChange({ ...injection, pattern: null, mask })}
          />
        </Suspense>
      )}
    </fieldset>
  );
}
