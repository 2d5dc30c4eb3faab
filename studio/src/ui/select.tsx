import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import { nonce } from "@/ui/nonce";

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** Said at the end of its line. */
  readonly note?: string | undefined;
  /** Said below it. */
  readonly more?: string | undefined;
  readonly disabled?: boolean | undefined;
}

export interface ChoiceGroup {
  readonly title: string;
  readonly note?: string | undefined;
  readonly choices: readonly Choice[];
}

interface Props {
  id: string;
  value: string;
  choices: readonly Choice[] | readonly ChoiceGroup[];
  onOpen?: (open: boolean) => void;
  onChange(value: string): void;
}

const grouped = (choices: Props["choices"]): choices is readonly ChoiceGroup[] =>
  choices.some((choice) => "choices" in choice);

/** One of a list, or of several under their titles. Label it with `htmlFor={id}`. */
export function Select({ id, value, choices, onOpen, onChange }: Props) {
  return (
    // Within a form, the hidden native select says "nothing" once before its options are there.
    <Radix.Root
      value={value}
      onValueChange={(next) => next !== "" && onChange(next)}
      {...(onOpen && { onOpenChange: onOpen })}
    >
      <Radix.Trigger
        id={id}
        className="flex h-8 w-full pointer-coarse:h-10 items-center justify-between gap-2 rounded-control bg-raised px-3 text-small tabular-nums hover:bg-line transition-colors duration-100 [&>span]:truncate"
      >
        <Radix.Value />
        <ChevronDown aria-hidden className="size-4 shrink-0 text-pencil" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-[min(24rem,var(--radix-select-content-available-height))] min-w-(--radix-select-trigger-width) overflow-hidden rounded-control bg-raised shadow-float animate-appear"
        >
          <Radix.Viewport className="p-1" nonce={nonce}>
            {grouped(choices)
              ? choices.map((group) => (
                  <Radix.Group key={group.title} className="not-first:mt-2">
                    <Radix.Label className="flex justify-between gap-4 px-2 py-1 text-small text-pencil">
                      {group.title} <span>{group.note}</span>
                    </Radix.Label>
                    {group.choices.map(item)}
                  </Radix.Group>
                ))
              : choices.map(item)}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const item = ({ value, label, note, more, disabled = false }: Choice) => (
  <Radix.Item
    key={value}
    value={value}
    disabled={disabled}
    className="flex min-h-8 max-w-[min(26rem,100vw-32px)] items-center gap-3 rounded-control px-2 py-0.5 text-small tabular-nums outline-none data-disabled:opacity-50 data-highlighted:bg-line pointer-coarse:min-h-10"
  >
    <span className="min-w-0 grow">
      <span className="flex items-baseline justify-between gap-6">
        <Radix.ItemText>{label}</Radix.ItemText>
        {note && <span className="shrink-0 text-pencil">{note}</span>}
      </span>
      {more && <span className="block text-pencil">{more}</span>}
    </span>
    <Radix.ItemIndicator className="shrink-0">
      <Check aria-hidden className="size-4" />
    </Radix.ItemIndicator>
  </Radix.Item>
);
