import { Check, CircleX, Upload } from "lucide-react";
import { useRef } from "react";
import { ACCEPTED, type Arrival, isOver } from "@/features/gallery/arrivals";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

const words = strings.bringing;

interface Props {
  open: boolean;
  onOpenChange(open: boolean): void;
  arrivals: readonly Arrival[];
  onFiles(files: readonly File[]): void;
  onClear(): void;
}

/** Pictures of one's own: choose or drop them, and see what becomes of each. */
export function ImportDialog({ open, onOpenChange, arrivals, onFiles, onClear }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const over = arrivals.filter(isOver).length;
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={words.title}
      closeLabel={strings.shell.close}
      className="max-w-lg"
    >
      <div className="flex min-h-0 flex-col gap-4 px-6 pb-6 text-small">
        <p className="text-pencil">{words.body}</p>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          accept={ACCEPTED}
          data-testid="files"
          onChange={(event) => {
            onFiles([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        <div className="flex items-center gap-2">
          <Button kind="primary" onClick={() => input.current?.click()}>
            <Upload aria-hidden />
            {words.choose}
          </Button>
          {arrivals.length > 0 && (
            <>
              <Button kind="quiet" onClick={onClear}>
                {over < arrivals.length ? words.stop : words.clear}
              </Button>
              <span role="status" className="ms-auto text-pencil tabular-nums">
                {words.progress(over, arrivals.length)}
              </span>
            </>
          )}
        </div>
        <ul className="flex flex-col gap-2">
          {arrivals.map((arrival) => (
            <Line key={arrival.key} arrival={arrival} />
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function Line({ arrival }: { arrival: Arrival }) {
  return (
    <li className="flex flex-col">
      <span className="flex items-center gap-3">
        <span className="min-w-0 grow truncate">{arrival.file.name}</span>
        <span className="flex shrink-0 items-center gap-2 text-pencil tabular-nums [&_svg]:size-4">
          {stateOf(arrival)}
        </span>
      </span>
      {arrival.state === "refused" && <span className="text-pencil text-pretty">{arrival.why}</span>}
    </li>
  );
}

function stateOf(arrival: Arrival) {
  if (arrival.state === "sending") return words.sending(Math.round(arrival.part * 100));
  if (arrival.state === "waiting") return words.waiting;
  return arrival.state === "done" ? (
    <>
      <Check aria-hidden />
      {words.done}
    </>
  ) : (
    <>
      <CircleX aria-hidden />
      {words.refused}
    </>
  );
}
