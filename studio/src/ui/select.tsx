import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import { nonce } from "@/ui/nonce";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

interface Props {
  id: string;
  value: string;
  choices: readonly Choice[];
  onChange(value: string): void;
}

/** One of a list. Label it with `htmlFor={id}`. */
export function Select({ id, value, choices, onChange }: Props) {
  return (
    <Radix.Root value={value} onValueChange={onChange}>
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
            {choices.map((choice) => (
              <Radix.Item
                key={choice.value}
                value={choice.value}
                className="flex h-8 items-center justify-between gap-4 pointer-coarse:h-10 rounded-control px-2 text-small tabular-nums outline-none data-highlighted:bg-line"
              >
                <Radix.ItemText>{choice.label}</Radix.ItemText>
                <Radix.ItemIndicator>
                  <Check aria-hidden className="size-4" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
