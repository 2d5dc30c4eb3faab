import { useId } from "react";
import { NumberField } from "@/ui/number";
import { Slider } from "@/ui/slider";

interface Props {
  label: string;
  value: number;
  /** The slider ends at `usual`; the number may go to `most`. */
  range: { readonly least: number; readonly usual: number; readonly most: number };
  /** The distance of two values; 1 takes whole numbers only. */
  step?: number;
  onChange(value: number | null): void;
}

/** A number under its label, to be dragged or typed. Empty text gives null. */
export function Amount({ label, value, range, step = 1, onChange }: Props) {
  const id = useId();
  return (
    <div className="flex flex-col">
      <div className="flex items-center justify-between gap-4">
        <label htmlFor={id} className="text-small text-pencil">
          {label}
        </label>
        <NumberField
          id={id}
          value={value}
          min={range.least}
          max={range.most}
          whole={step === 1}
          onChange={onChange}
          className="w-16 text-end"
        />
      </div>
      <Slider label={label} value={value} min={range.least} max={range.usual} step={step} onChange={onChange} />
    </div>
  );
}
