import { Dices } from "lucide-react";
import { useId } from "react";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";
import type { Grainy } from "@/ui/grain/Grain";
import { PatternPicker } from "@/ui/grain/PatternPicker";
import { NumberField } from "@/ui/number";
import { Slider } from "@/ui/slider";

const words = strings.noise;
const SEED_LIMIT = 2 ** 32;
const STRENGTH = { usual: 2, most: 4 };

export const FIRST_GRAIN: Grainy = { pattern: "circle", strength: 0.8, feather: 0.1, seed: 1 };

interface Props {
  noise: Grainy;
  ratio: number;
  onChange(noise: Grainy): void;
  /** Side by side where there is room for it. */
  wide?: boolean;
}

/** Where noise goes, how much, how softly, and which. */
export function NoiseFields({ noise, ratio, onChange, wide = false }: Props) {
  const set = (change: Partial<Grainy>) => onChange({ ...noise, ...change });
  return (
    <div className={wide ? "flex flex-wrap items-end gap-x-6 gap-y-3" : "flex flex-col gap-3"}>
      <PatternPicker
        value={noise.pattern}
        seed={noise.seed}
        feather={noise.feather}
        ratio={ratio}
        onChange={(pattern) => set({ pattern })}
      />
      <div className={wide ? "flex min-w-64 grow flex-wrap gap-x-6 gap-y-3" : "flex flex-col gap-3"}>
        <Share label={words.strength} value={noise.strength} {...STRENGTH} onChange={(strength) => set({ strength })} />
        <Share
          label={words.feather}
          value={noise.feather}
          usual={1}
          most={1}
          onChange={(feather) => set({ feather })}
        />
        <NoiseSeed seed={noise.seed} onChange={(seed) => set({ seed })} />
      </div>
    </div>
  );
}

function Share({
  label,
  value,
  usual,
  most,
  onChange,
}: {
  label: string;
  value: number;
  usual: number;
  most: number;
  onChange(value: number): void;
}) {
  const id = useId();
  return (
    <div className="flex min-w-32 grow basis-32 flex-col">
      <div className="flex items-center justify-between gap-2">
        <label htmlFor={id} className="text-small text-pencil">
          {label}
        </label>
        <NumberField
          id={id}
          value={value}
          min={0}
          max={most}
          whole={false}
          onChange={(typed) => onChange(typed ?? 0)}
          className="w-14 px-2 text-end"
        />
      </div>
      <Slider label={label} value={value} min={0} max={usual} step={0.05} onChange={onChange} />
    </div>
  );
}

function NoiseSeed({ seed, onChange }: { seed: number; onChange(seed: number): void }) {
  const id = useId();
  const roll = () => onChange(crypto.getRandomValues(new Uint16Array(1))[0] ?? 0);
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-small text-pencil">
        {words.seed}
      </label>
      <div className="flex gap-1">
        <NumberField
          id={id}
          value={seed}
          min={0}
          max={SEED_LIMIT - 1}
          onChange={(typed) => onChange(typed ?? 0)}
          className="w-24 grow"
        />
        <IconButton label={words.roll} onClick={roll}>
          <Dices aria-hidden />
        </IconButton>
      </div>
    </div>
  );
}
