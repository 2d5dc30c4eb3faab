import { Expand } from "lucide-react";
import { useId } from "react";
import type { Recipe } from "@/api/types";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { NumberField } from "@/ui/number";

const words = strings.start;
const SIDES = ["left", "right", "top", "bottom"] as const;

type Borders = NonNullable<Recipe["outpaint"]>;

interface Props {
  outpaint: Borders | null;
  multiple: number;
  onAdd(): void;
  onChange(outpaint: Borders | null): void;
}

/** Pixels around the image that are drawn, side by side. None at all is no outpainting. */
export function OutpaintFields({ outpaint, multiple, onAdd, onChange }: Props) {
  const id = useId();
  if (outpaint === null) {
    return (
      <Button kind="quiet" className="-ms-3 self-start" onClick={onAdd}>
        <Expand aria-hidden />
        {words.outpaint}
      </Button>
    );
  }
  const change = (side: (typeof SIDES)[number], pixels: number | null) => {
    const next = { ...outpaint, [side]: Math.round((pixels ?? 0) / multiple) * multiple };
    onChange(SIDES.some((one) => next[one] > 0) ? next : null);
  };
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="pb-1.5 text-small text-pencil">{words.outpaintHint}</legend>
      <div className="grid grid-cols-2 gap-2">
        {SIDES.map((side) => (
          <div key={side} className="flex items-center justify-between gap-2">
            <label htmlFor={`${id}-${side}`} className="text-small text-pencil">
              {words.sides[side]}
            </label>
            <NumberField
              id={`${id}-${side}`}
              value={outpaint[side]}
              min={0}
              max={2048}
              onChange={(pixels) => change(side, pixels)}
              className="w-16 text-end"
            />
          </div>
        ))}
      </div>
      <Button kind="quiet" className="-ms-3 self-start" onClick={() => onChange(null)}>
        {words.outpaintRemove}
      </Button>
    </fieldset>
  );
}
