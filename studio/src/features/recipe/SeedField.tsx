import { Dices, Lock, LockOpen } from "lucide-react";
import { useId } from "react";
import { rollSeed, SEED_LIMIT } from "@/features/recipe/draft";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";
import { NumberField } from "@/ui/number";

const words = strings.parameters;

interface Props {
  /** The locked seed; null draws a new one each time. */
  seed: number | null;
  /** The seed that was last used, for the lock to keep. */
  last: number | null;
  onChange(seed: number | null): void;
}

export function SeedField({ seed, last, onChange }: Props) {
  const id = useId();
  const locked = seed !== null;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-small text-pencil">
        {words.seed}
      </label>
      <div className="flex gap-1">
        <NumberField
          id={id}
          value={seed}
          min={0}
          max={SEED_LIMIT - 1}
          onChange={onChange}
          placeholder={words.seedRandom}
          className="grow"
        />
        <IconButton label={words.seedRoll} onClick={() => onChange(rollSeed())}>
          <Dices aria-hidden />
        </IconButton>
        <IconButton
          label={locked ? words.seedUnlock : words.seedLock}
          onClick={() => onChange(locked ? null : (last ?? rollSeed()))}
        >
          {locked ? <Lock aria-hidden className="text-paper" /> : <LockOpen aria-hidden />}
        </IconButton>
      </div>
    </div>
  );
}
