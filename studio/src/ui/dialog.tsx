import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";

interface Props {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  closeLabel: string;
  /** Where it stands: in the middle, or rising from the lower edge. */
  as?: "dialog" | "sheet";
  hideTitle?: boolean;
  className?: string;
  children: ReactNode;
}

const PLACE = {
  dialog: "top-1/2 left-1/2 -translate-1/2 rounded-control max-h-[calc(100dvh-32px)] w-[calc(100vw-32px)]",
  sheet: "inset-x-0 bottom-0 rounded-t-control max-h-[85dvh]",
};

/** What floats above the page. Focus goes in, stays in, and returns to where it came from. */
export function Dialog({
  open,
  onOpenChange,
  title,
  closeLabel,
  as = "dialog",
  hideTitle = false,
  className,
  children,
}: Props) {
  const cameFrom = useRef<Element | null>(null);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-room/80 animate-expose" />
        <Radix.Content
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            // Into the dialog itself, not on to its first button, whose hint would pop up unasked.
            event.preventDefault();
            cameFrom.current = document.activeElement;
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
          }}
          onCloseAutoFocus={() => cameFrom.current instanceof HTMLElement && cameFrom.current.focus()}
          className={cx(
            "fixed z-40 flex flex-col overflow-y-auto bg-tray shadow-float animate-expose focus:outline-none",
            PLACE[as],
            className,
          )}
        >
          <header
            className={cx("flex items-center justify-between gap-4 p-4 ps-6", hideTitle && "absolute end-0 z-10")}
          >
            <Radix.Title className={cx("text-title font-semibold", hideTitle && "sr-only")}>{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={closeLabel}>
                <X aria-hidden />
              </IconButton>
            </Radix.Close>
          </header>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
