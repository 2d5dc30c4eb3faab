import { ToggleGroup } from "radix-ui";

export interface Segment {
  readonly value: string;
  readonly label: string;
  readonly title?: string;
}

interface Props {
  label: string;
  value: string;
  segments: readonly Segment[];
  onChange(value: string): void;
}

/** One of a few, all of them in sight. No segment is lit while the value is none of them. */
export function Segmented({ label, value, segments, onChange }: Props) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => next && onChange(next)}
      className="flex w-full rounded-control bg-raised p-0.5"
    >
      {segments.map((segment) => (
        <ToggleGroup.Item
          key={segment.value}
          value={segment.value}
          title={segment.title}
          className="h-7 min-w-0 pointer-coarse:h-9 flex-auto rounded-[6px] px-1.5 text-small text-pencil tabular-nums transition-colors duration-100 hover:text-paper data-[state=on]:bg-line data-[state=on]:text-paper"
        >
          {segment.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
