import { Download, X } from "lucide-react";
import { useState } from "react";
import { type BatchInFull, type Cell, cancelBatch, useBatch } from "@/api/batches";
import { Problem } from "@/api/problem";
import { strings } from "@/strings";
import { Button, buttonLook, IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Trouble, Waiting } from "@/ui/states";

const words = strings.grid;

interface Props {
  id: string;
  onClose(): void;
  /** Puts a cell's generation into the tray. */
  onWatch(generation: string): void;
}

/** A grid as it is drawn: each cell where it belongs, with what is different about it. */
export default function BatchSheet({ id, onClose, onWatch }: Props) {
  const { data, error, refetch } = useBatch(id);
  if (data) return <Sheet batch={data} onClose={onClose} onWatch={onWatch} onAsk={() => void refetch()} />;
  if (error instanceof Problem)
    return <Trouble problem={error} onRetry={error.status === 404 ? onClose : () => void refetch()} />;
  return <Waiting />;
}

interface SheetProps extends Omit<Props, "id"> {
  batch: BatchInFull;
  onAsk(): void;
}

function Sheet({ batch, onClose, onWatch, onAsk }: SheetProps) {
  const [asking, setAsking] = useState(false);
  const { counts, cells, axes } = batch;
  const ended = counts.finished + counts.failed + counts.cancelled;
  const columns = axes[0] ? lengthOf(axes[0]) : Math.ceil(Math.sqrt(cells.length));
  const cancel = async () => {
    setAsking(true);
    await cancelBatch(batch.id).catch(() => undefined); // Looked at again below: what it says then is true.
    setAsking(false);
    onAsk();
  };
  return (
    <section aria-label={words.sheet} data-testid="batch" className="flex h-full min-h-0 flex-col gap-3">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="font-semibold">{words.sheet}</h2>
        <p role="status" className="text-small text-pencil tabular-nums">
          {words.progress(ended, cells.length, counts.failed)}
        </p>
        <span className="ms-auto flex gap-1">
          {batch.state === "running" ? (
            <Button kind="quiet" disabled={asking} onClick={() => void cancel()}>
              <X aria-hidden />
              {words.cancel}
            </Button>
          ) : (
            counts.finished > 0 && (
              <a
                href={`${batch.links.grid}?format=png`}
                download={`${batch.id}.png`}
                className={buttonLook({ kind: "quiet" })}
              >
                <Download aria-hidden />
                {words.download}
              </a>
            )
          )}
          <IconButton label={words.leave} onClick={onClose}>
            <X aria-hidden />
          </IconButton>
        </span>
      </header>
      <progress aria-label={words.sheet} value={ended} max={cells.length} className="sr-only" />
      <span aria-hidden className="h-0.5 shrink-0 overflow-hidden rounded-full bg-line">
        <span
          className={cx("block h-full transition-[width]", batch.state === "running" ? "bg-safe" : "bg-pencil")}
          style={{ width: `${(ended / Math.max(1, cells.length)) * 100}%` }}
        />
      </span>
      <ol
        className="grid min-h-0 gap-3 overflow-auto p-0.5 max-lg:grid-cols-2! lg:grow"
        style={{ gridTemplateColumns: `repeat(${columns}, minmax(6rem, 16rem))` }}
      >
        {cells.map((cell) => (
          <CellTile key={cell.index} cell={cell} onWatch={onWatch} />
        ))}
      </ol>
    </section>
  );
}

const lengthOf = ({ values, range }: BatchInFull["axes"][number]): number =>
  values?.length ?? (range ? Math.floor((range.last - range.first) / range.step + 1e-9) + 1 : 1);

function CellTile({ cell, onWatch }: { cell: Cell; onWatch(generation: string): void }) {
  const { generation, pictures, state, error } = cell;
  const picture = pictures[0];
  const name = cell.values.map((value) => String(value)).join(" · ");
  return (
    <li className="flex min-w-0 flex-col gap-1">
      <button
        type="button"
        disabled={generation === null}
        aria-label={words.cell(name, strings.cells[state])}
        title={error?.detail}
        onClick={() => generation && onWatch(generation)}
        className={cx(
          "relative flex aspect-square w-full items-center justify-center overflow-hidden rounded-print bg-tray p-2 text-small text-pencil",
          picture && "checkerboard p-0",
          state === "running" && "animate-breathe bg-raised",
        )}
      >
        {picture ? (
          <img src={`/api/v1/pictures/${picture}/thumbnail`} alt="" className="size-full object-cover animate-expose" />
        ) : (
          <span className="line-clamp-4 text-center">{error?.detail ?? strings.cells[state]}</span>
        )}
      </button>
      <span className="truncate text-small text-pencil tabular-nums">{name}</span>
    </li>
  );
}
