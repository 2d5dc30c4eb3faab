import { X } from "lucide-react";
import { useId, useState } from "react";
import { usePresets } from "@/api/queries";
import type { ModelCard } from "@/api/types";
import { presetName } from "@/features/recipe/choices";
import { type Draft, otherSizes, type Size } from "@/features/recipe/draft";
import { strings } from "@/strings";
import { NumberField } from "@/ui/number";
import { Select } from "@/ui/select";

const words = strings.parameters;
const NATIVE = "native";
const CUSTOM = "custom";

interface Props {
  draft: Draft;
  card: ModelCard | undefined;
  set(change: Partial<Draft>): void;
}

const named = ({ width, height }: Size): string => `${width} × ${height}`;

/** The native size, the named sizes that the model draws, or any other it can. */
export function SizeField({ draft, card, set }: Props) {
  const id = useId();
  const { data: presets } = usePresets();
  const [custom, setCustom] = useState(false);
  const sizes = card ? otherSizes(card, presets?.resolutions ?? []) : [];
  const native = card ? { width: card.sizes.width, height: card.sizes.height } : null;
  const preset = sizes.find(({ width, height }) => width === draft.size?.width && height === draft.size?.height);
  const value = custom || (draft.size && !preset) ? CUSTOM : (preset?.id ?? NATIVE);
  const choose = (choice: string) => {
    setCustom(choice === CUSTOM);
    const size = sizes.find((it) => it.id === choice);
    if (choice === CUSTOM) set({ size: draft.size ?? native });
    else set({ size: size ? { width: size.width, height: size.height } : null });
  };
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-small text-pencil">
        {words.size}
      </label>
      <Select
        id={id}
        value={value}
        choices={[
          { value: NATIVE, label: native ? words.sizeNative(named(native)) : words.modelFallback },
          ...sizes.map((size) => ({
            value: size.id,
            label: [named(size), presetName(size)].filter(Boolean).join(", "),
          })),
          ...(card?.sizes.only.length ? [] : [{ value: CUSTOM, label: words.sizeCustom }]),
        ]}
        onChange={choose}
      />
      {value === CUSTOM && card && draft.size && (
        <Sides size={draft.size} card={card} onChange={(size) => set({ size })} />
      )}
    </div>
  );
}

function Sides({ size, card, onChange }: { size: Size; card: ModelCard; onChange(size: Size): void }) {
  const { multiple, smallest, largest } = card.sizes;
  const round = (side: number | null) => Math.max(multiple, Math.round((side ?? smallest) / multiple) * multiple);
  const side = { min: smallest, max: largest, className: "w-0 grow" };
  return (
    <>
      <div className="flex items-center gap-2 text-pencil">
        <NumberField
          {...side}
          aria-label={words.width}
          value={size.width}
          onChange={(width) => onChange({ ...size, width: round(width) })}
        />
        <X aria-hidden className="size-3" />
        <NumberField
          {...side}
          aria-label={words.height}
          value={size.height}
          onChange={(height) => onChange({ ...size, height: round(height) })}
        />
      </div>
      <p className="text-small text-pencil">{words.sizeRule(multiple, smallest, largest)}</p>
    </>
  );
}
