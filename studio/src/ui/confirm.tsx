import { AlertDialog } from "radix-ui";
import { strings } from "@/strings";
import { Button } from "@/ui/button";

interface Props {
  open: boolean;
  title: string;
  body: string;
  action: string;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before what cannot be undone. */
export function Confirm({ open, title, body, action, onConfirm, onClose }: Props) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-50 bg-room/80 animate-expose" />
        <AlertDialog.Content className="fixed top-1/2 left-1/2 z-50 flex w-[calc(100vw-32px)] max-w-md -translate-1/2 flex-col gap-4 rounded-control bg-tray p-6 shadow-float animate-expose">
          <AlertDialog.Title className="text-title font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description className="text-small text-pencil">{body}</AlertDialog.Description>
          <div className="flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button kind="quiet">{strings.shell.cancel}</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button kind="primary" onClick={onConfirm}>
                {action}
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
