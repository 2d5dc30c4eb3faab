import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useState } from "react";
import { cancelGeneration } from "@/api/client";
import { useOpenGenerations } from "@/api/queries";
import { useMe } from "@/api/session";
import { steer } from "@/api/stepping";
import type { Generation, Priority } from "@/api/types";
import { useAct } from "@/api/useAct";
import { inLine, mates, placeOf } from "@/features/recent/line";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Dialog } from "@/ui/dialog";
import { Segmented } from "@/ui/segmented";

const words = strings.queue;
const LISTS = ["generations"];

interface Props {
  onClose(): void;
  onWatch(generation: Generation): void;
}

/** Everything that is being drawn or waits: another order, another priority, or none at all. */
export default function QueueDialog({ onClose, onWatch }: Props) {
  const { data: open = [] } = useOpenGenerations();
  const [dragged, setDragged] = useState<Generation | null>(null);
  const move = useAct(({ id, place }: { id: string; place: number }) => steer(id, { place }), { lists: LISTS });
  const line = inLine(open);
  const drop = (onto: Generation) => {
    if (dragged && dragged.id !== onto.id && dragged.priority === onto.priority)
      move.mutate({ id: dragged.id, place: placeOf(line, onto) });
    setDragged(null);
  };
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      title={words.title}
      closeLabel={words.close}
      className="max-w-xl"
    >
      <div className="flex flex-col gap-4 px-6 pb-6">
        <p className="text-small text-pencil">{line.length === 0 ? words.empty : words.body}</p>
        <ol aria-label={words.title} className="flex flex-col gap-1">
          {line.map((generation) => (
            <li
              key={generation.id}
              draggable={generation.state === "queued"}
              onDragStart={() => setDragged(generation)}
              onDragOver={(event) => dragged && event.preventDefault()}
              onDrop={() => drop(generation)}
              className={cx(
                "flex flex-wrap items-center gap-x-3 gap-y-1 rounded-control py-1 text-small",
                generation.state === "queued" && "cursor-grab",
                dragged?.id === generation.id && "opacity-50",
              )}
            >
              <Line
                generation={generation}
                place={placeOf(line, generation)}
                last={mates(line, generation).length - 1}
                onMove={(place) => move.mutate({ id: generation.id, place })}
                onWatch={() => {
                  onWatch(generation);
                  onClose();
                }}
              />
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  );
}

interface LineProps {
  generation: Generation;
  place: number;
  last: number;
  onMove(place: number): void;
  onWatch(): void;
}

function Line({ generation, place, last, onMove, onWatch }: LineProps) {
  const { id, state, recipe, position, step, total } = generation;
  const cancel = useAct(cancelGeneration, { lists: LISTS });
  const { prompt } = recipe;
  const waits = state === "queued";
  const percent = words.percent(total ? Math.round((step / total) * 100) : 0);
  const told = waits
    ? position !== null && words.place(position)
    : `${state === "paused" ? words.paused : words.running}, ${percent}`;
  return (
    <>
      <button
        type="button"
        aria-label={words.watch(prompt)}
        onClick={onWatch}
        className="min-w-0 grow basis-40 rounded-control text-start hover:underline"
      >
        <span className="block truncate">{prompt}</span>
        <span className="block text-pencil tabular-nums">{told}</span>
      </button>
      {waits && <Urgency generation={generation} />}
      {waits && (
        <span className="flex">
          <IconButton label={words.up(prompt)} disabled={place <= 0} onClick={() => onMove(place - 1)}>
            <ChevronUp aria-hidden />
          </IconButton>
          <IconButton label={words.down(prompt)} disabled={place >= last} onClick={() => onMove(place + 1)}>
            <ChevronDown aria-hidden />
          </IconButton>
        </span>
      )}
      <IconButton label={words.cancel(prompt)} disabled={cancel.isPending} onClick={() => cancel.mutate(id)}>
        <X aria-hidden />
      </IconButton>
    </>
  );
}

/** High is for those who may hurry. */
function Urgency({ generation: { id, priority, recipe } }: { generation: Generation }) {
  const { data: me } = useMe();
  const hasten = useAct((next: Priority) => steer(id, { priority: next }), { lists: LISTS });
  const mayHurry = me?.role === "admin" || me?.scopes.includes("hurry");
  const offered = (["low", "normal", "high"] as const).filter((one) => one !== "high" || mayHurry);
  return (
    <span className="w-48">
      <Segmented
        label={words.priority(recipe.prompt)}
        value={priority}
        segments={offered.map((value) => ({ value, label: words.priorities[value] }))}
        onChange={(next) => hasten.mutate(next as Priority)}
      />
    </span>
  );
}
