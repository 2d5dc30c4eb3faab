import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";

/** A few words that appear beside a control when it is hovered or focused. */
export function Tip({ text, children }: { text: string; children: ReactNode }) {
  return (
    <Tooltip.Root>
      {/* Focus that comes back after a click or a tap is no question: only the keyboard's opens it. */}
      <Tooltip.Trigger
        asChild
        onFocus={(event) => {
          if (!event.currentTarget.matches(":focus-visible")) event.preventDefault();
        }}
      >
        {children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="pointer-events-none! z-50 max-w-64 rounded-control bg-raised px-3 py-1 text-small text-paper shadow-float animate-appear"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

export const TipProvider = Tooltip.Provider;
