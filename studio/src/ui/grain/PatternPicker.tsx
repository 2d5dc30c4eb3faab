import { Brush } from "lucide-react";
import { RadioGroup } from "radix-ui";
import type { Pattern } from "@/api/types";
import { strings } from "@/strings";
import { Grain } from "@/ui/grain/Grain";
import { PATTERNS } from "@/ui/grain/patterns";
import { Tip } from "@/ui/tip";

const words = strings.noise;
const PAINTED = "painted";

interface Props {
  /** Null is painted by hand. */
  value: Pattern | null;
  seed: number;
  feather: number;
  ratio: number;
  onChange(pattern: Pattern | null): void;
}

const SQUARE =
  "relative flex size-10 items-center justify-center overflow-hidden rounded-[6px] bg-raised text-pencil transition-colors duration-100 hover:text-paper pointer-coarse:size-11 data-[state=checked]:shadow-[0_0_0_2px_var(--paper)] data-[state=checked]:text-paper";

/** Nine small grains, and a brush. */
export function PatternPicker({ value, seed, feather, ratio, onChange }: Props) {
  return (
    <RadioGroup.Root
      aria-label={words.pattern}
      value={value ?? PAINTED}
      onValueChange={(chosen) => onChange(PATTERNS.find((pattern) => pattern === chosen) ?? null)}
      className="flex flex-wrap gap-2"
    >
      {PATTERNS.map((pattern) => (
        <Tip key={pattern} text={words.patterns[pattern]}>
          <RadioGroup.Item value={pattern} aria-label={words.patterns[pattern]} className={SQUARE}>
            <Grain
              pattern={pattern}
              strength={1.6}
              feather={feather}
              seed={seed}
              ratio={ratio}
              cells={20}
              className="size-full object-contain"
            />
          </RadioGroup.Item>
        </Tip>
      ))}
      <Tip text={words.painted}>
        <RadioGroup.Item value={PAINTED} aria-label={words.painted} className={SQUARE}>
          <Brush aria-hidden className="size-4" />
        </RadioGroup.Item>
      </Tip>
    </RadioGroup.Root>
  );
}
