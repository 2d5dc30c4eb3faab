import { X } from "lucide-react";
import { useStore } from "zustand";
import { strings } from "@/strings";
import { Button, IconButton } from "@/ui/button";
import { dismiss, type Toast, toasts } from "@/ui/toasts";

/** Where sentences appear that say what was done, and how to undo it. */
export function Toaster() {
  const shown = useStore(toasts, (state) => state.shown);
  return (
    <section
      aria-label={strings.shell.messages}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 z-50 flex flex-col items-center gap-2 p-4 lg:bottom-12 max-lg:bottom-20"
    >
      {shown.map((one) => (
        <Line key={one.id} toast={one} />
      ))}
    </section>
  );
}

function Line({ toast: { id, text, action, wrong } }: { toast: Toast }) {
  return (
    <div
      role={wrong ? "alert" : undefined}
      className="pointer-events-auto flex max-w-full items-center gap-2 rounded-control bg-raised py-1 pe-1 ps-4 text-small text-paper shadow-float animate-appear"
    >
      <span className="min-w-0 break-words">{text}</span>
      {action && (
        <Button
          kind="quiet"
          className="text-paper underline underline-offset-4"
          onClick={() => {
            dismiss(id);
            action.act();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton label={strings.shell.dismiss} onClick={() => dismiss(id)}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}
