import { useId } from "react";
import type { Control } from "@/api/types";
import { Head } from "@/features/recipe/AdaptersSection";
import { ImageField } from "@/features/recipe/ImageField";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Field } from "@/ui/labelled";
import { Select } from "@/ui/select";

const words = strings.adapters;
const NONE = "none";
const PREPROCESSORS = ["canny", "lineart", "depth", "pose"] as const;
const SHARE = { least: 0, usual: 1, most: 1 };

interface Props {
  name: string;
  control: Control;
  onChange(control: Control): void;
  onRemove(): void;
}

/** A drawing to follow: what it is made from, how closely, and in which part of the steps. */
export function ControlFields({ name, control, onChange, onRemove }: Props) {
  const id = useId();
  return (
    <fieldset aria-label={name} className="flex min-w-0 flex-col gap-2">
      <Head name={name} onRemove={onRemove} />
      <ImageField
        label={words.controlImage}
        value={control.image || null}
        onChange={(image) => onChange({ ...control, image: image ?? "" })}
      />
      <Field label={words.preprocessor} id={id}>
        <Select
          id={id}
          value={control.preprocessor ?? NONE}
          choices={[
            { value: NONE, label: words.preprocessors.none },
            ...PREPROCESSORS.map((one) => ({ value: one, label: words.preprocessors[one] })),
          ]}
          onChange={(chosen) =>
            onChange({ ...control, preprocessor: PREPROCESSORS.find((one) => one === chosen) ?? null })
          }
        />
      </Field>
      <Amount
        label={words.weight}
        value={control.weight}
        range={{ least: 0, usual: 2, most: 4 }}
        step={0.05}
        onChange={(weight) => onChange({ ...control, weight: weight ?? 1 })}
      />
      <Amount
        label={words.end}
        value={control.end}
        range={SHARE}
        step={0.05}
        onChange={(end) => onChange({ ...control, end: Math.max(control.start, end ?? 1) })}
      />
    </fieldset>
  );
}
