import { Slider as Radix } from "radix-ui";

interface Props {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  onChange(value: number): void;
}

export function Slider({ label, value, min, max, step = 1, onChange }: Props) {
  return (
    <Radix.Root
      value={[Math.min(max, Math.max(min, value))]}
      min={min}
      max={max}
      step={step}
      onValueChange={([next]) => next !== undefined && onChange(next)}
      className="relative flex h-5 w-full touch-none items-center select-none"
    >
      <Radix.Track className="relative h-0.5 grow rounded-full bg-line">
        <Radix.Range className="absolute h-full rounded-full bg-pencil" />
      </Radix.Track>
      <Radix.Thumb
        aria-label={label}
        className="block size-3.5 rounded-full bg-paper transition-transform duration-100 hover:scale-115"
      />
    </Radix.Root>
  );
}
