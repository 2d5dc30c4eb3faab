import { DropdownMenu } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "@/ui/classes";

const ITEM =
  "flex h-8 items-center gap-3 rounded-control px-2 text-small outline-none select-none data-highlighted:bg-line data-disabled:opacity-50 pointer-coarse:h-10 [&_svg]:size-4 [&_svg]:text-pencil";

interface Props {
  trigger: ReactNode;
  align?: "start" | "end";
  children: ReactNode;
}

/** A list of acts or places that opens from a button. */
export function Menu({ trigger, align = "end", children }: Props) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 min-w-44 max-w-72 rounded-control bg-raised p-1 shadow-float animate-appear"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem({ className, ...rest }: ComponentProps<typeof DropdownMenu.Item>) {
  return <DropdownMenu.Item className={cx(ITEM, className)} {...rest} />;
}

export const MenuLine = () => <DropdownMenu.Separator className="m-1 h-px bg-line" />;

/** A few words in a menu that do nothing. */
export function MenuNote({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-2 py-1 text-small text-pencil">{children}</DropdownMenu.Label>;
}
