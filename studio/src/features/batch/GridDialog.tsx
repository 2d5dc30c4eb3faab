import { Grid3x3, Plus, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { type Batch, submitBatch } from "@/api/batches";
import { Problem } from "@/api/problem";
import { surely } from "@/api/surely";
import type { Sampler, Wish } from "@/api/types";
import {
  AXES_LIMIT,
  type AxisDraft,
  CELLS_LIMIT,
  cellsOf,
  type Field,
  fieldsOf,
  type Read,
  toBatch,
  valuesOf,
} from "@/features/batch/axes";
import { strings } from "@/strings";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field as Labelled } from "@/ui/labelled";
import { Select } from "@/ui/select";

const words = strings.grid;
const FIRST: AxisDraft = { field: "guidance", text: "3 to 9 by 2", search: "" };

interface Props {
  wish: Wish;
  samplers: readonly Sampler[];
  /** Seconds that one picture takes; null where nobody knows. */
  secondsEach: number | null;
  onClose(): void;
  onBatch(batch: Batch): void;
}

/** Builds a grid: what varies along its columns, its rows and its sheets. */
export default function GridDialog({ wish, samplers, secondsEach, onClose, onBatch }: Props) {
  const [axes, setAxes] = useState<readonly AxisDraft[]>([FIRST]);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const reads = axes.map((axis) => valuesOf(axis, wish.prompt, samplers));
  const cells = cellsOf(reads);
  const ready = cells > 0 && cells <= CELLS_LIMIT && wish.prompt !== "";
  const free = fieldsOf(wish).filter((field) => !axes.some((axis) => axis.field === field));
  const change = (n: number, axis: AxisDraft) => setAxes(axes.map((one, at) => (at === n ? axis : one)));
  const add = () => free[0] && setAxes([...axes, { field: free[0], text: "", search: "" }]);
  const submit = async () => {
    setSending(true);
    setProblem(null);
    try {
      onBatch(await surely((key) => submitBatch(toBatch(wish, axes, reads), key)));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setSending(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={words.title}
      closeLabel={words.close}
      className="max-w-lg"
    >
      <div className="flex flex-col gap-5 px-6 pb-6">
        <p className="text-small text-pencil">{wish.prompt ? words.body(wish.prompt) : strings.prompt.empty}</p>
        {axes.map((axis, n) => (
          <AxisFields
            key={n}
            place={n}
            axis={axis}
            read={reads[n]}
            fields={[axis.field, ...free]}
            samplers={samplers}
            onChange={(changed) => change(n, changed)}
            onRemove={axes.length > 1 ? () => setAxes(axes.filter((_, at) => at !== n)) : null}
          />
        ))}
        {axes.length < AXES_LIMIT && (
          <Button kind="quiet" className="-ms-3 self-start" onClick={add}>
            <Plus aria-hidden />
            {words.add}
          </Button>
        )}
        {problem && (
          <p role="alert" className="text-small">
            <strong className="font-semibold">{problem.message}</strong>{" "}
            <span className="text-pencil">{problem.hint}</span>
          </p>
        )}
        <div className="flex items-center gap-4">
          <Button kind="primary" size="large" disabled={!ready || sending} onClick={() => void submit()}>
            <Grid3x3 aria-hidden />
            {words.develop(cells)}
          </Button>
          <p className="text-small text-pencil tabular-nums">
            {cells > CELLS_LIMIT
              ? words.tooMany(CELLS_LIMIT)
              : secondsEach !== null && cells > 0 && words.takes(secondsEach * cells)}
          </p>
        </div>
      </div>
    </Dialog>
  );
}

interface AxisProps {
  place: number;
  axis: AxisDraft;
  read: Read | undefined;
  fields: readonly Field[];
  samplers: readonly Sampler[];
  onChange(axis: AxisDraft): void;
  onRemove: (() => void) | null;
}

const BOX =
  "h-8 w-full min-w-0 rounded-control bg-raised px-3 text-small hover:bg-line focus:bg-line pointer-coarse:h-10";

function AxisFields({ place, axis, read, fields, samplers, onChange, onRemove }: AxisProps) {
  const id = useId();
  const fault = read && "fault" in read && (axis.text !== "" || read.fault === "search") ? read.fault : null;
  const choose = (chosen: string) => {
    const field = fields.find((one) => one === chosen);
    if (field) onChange({ field, text: field === "sampler" ? samplers.slice(0, 3).join(", ") : "", search: "" });
  };
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="flex w-full items-center pb-1 font-medium">
        {words.places[place]}
        {onRemove && (
          <IconButton label={words.remove(words.places[place] ?? "")} onClick={onRemove} className="ms-auto">
            <Trash2 aria-hidden />
          </IconButton>
        )}
      </legend>
      <div className="grid gap-3 sm:grid-cols-[10rem_1fr]">
        <Labelled label={words.field} id={`${id}-field`}>
          <Select
            id={`${id}-field`}
            value={axis.field}
            choices={fields.map((field) => ({ value: field, label: words.fields[field] }))}
            onChange={choose}
          />
        </Labelled>
        <Labelled label={axis.field === "prompt" ? words.replacements : words.values} id={`${id}-values`}>
          <input
            id={`${id}-values`}
            value={axis.text}
            autoComplete="off"
            placeholder={words.examples[axis.field]}
            aria-invalid={fault !== null}
            aria-describedby={`${id}-said`}
            onChange={(event) => onChange({ ...axis, text: event.target.value })}
            className={BOX}
          />
        </Labelled>
        {axis.field === "prompt" && (
          <Labelled label={words.search} id={`${id}-search`}>
            <input
              id={`${id}-search`}
              value={axis.search}
              autoComplete="off"
              onChange={(event) => onChange({ ...axis, search: event.target.value })}
              className={BOX}
            />
          </Labelled>
        )}
      </div>
      <p id={`${id}-said`} className="text-small text-pencil">
        {fault ? words.faults[fault] : read && "values" in read ? read.values.join(" · ") : words.hint}
      </p>
    </fieldset>
  );
}
