import { Circle, CircleDashed, CircleDot, Download } from "lucide-react";
import { useState } from "react";
import { addModel, loadModel, removeModel, unloadModel } from "@/api/house";
import type { ModelCard } from "@/api/types";
import { useAct } from "@/api/useAct";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { bytes } from "@/ui/moment";
import { Pairs } from "@/ui/section";
import { toast } from "@/ui/toasts";

const words = strings.models;
const SHAPES = { absent: CircleDashed, downloading: Download, installed: Circle, loaded: CircleDot };
const LISTS = ["models", "providers", "diagnostics"];

/** One model: what it is, how near to drawing, and what can be done about that. */
export function ModelEntry({ card, house }: { card: ModelCard; house: boolean }) {
  const state = card.state ?? "installed";
  const Shape = SHAPES[state];
  const { width, height, smallest = 64, largest = 1024 } = card.sizes;
  return (
    <li className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h3 className="font-medium">{card.name}</h3>
        <span className="flex items-center gap-2 text-small text-pencil">
          <Shape aria-hidden className="size-3.5" />
          {words.states[state]}
        </span>
        {house && (
          <span className="ms-auto flex gap-1">
            <Acts card={card} />
          </span>
        )}
      </div>
      {card.description && <p className="max-w-prose text-small text-pretty">{card.description}</p>}
      {state === "downloading" && <Progress part={card.progress ?? 0} name={card.name} />}
      {card.problem && (
        <p role="alert" className="text-small">
          {card.problem}
        </p>
      )}
      <Pairs
        of={[
          [words.family, card.family],
          [words.size, words.sizes(width, height, smallest, largest)],
          [words.weights, card.weights_bytes ? bytes(card.weights_bytes) : null],
          [words.license, card.license],
        ]}
      />
    </li>
  );
}

function Progress({ part, name }: { part: number; name: string }) {
  const percent = Math.round(part * 100);
  return (
    <div className="flex items-center gap-3 text-small tabular-nums">
      <div
        role="progressbar"
        aria-label={name}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1 grow bg-line"
      >
        <div className="h-full bg-safe" style={{ width: `${percent}%` }} />
      </div>
      {words.progress(percent)}
    </div>
  );
}

function Acts({ card }: { card: ModelCard }) {
  const { id, name, source } = card;
  const [removing, setRemoving] = useState(false);
  const load = useAct(loadModel, { lists: LISTS, onDone: () => toast(words.loaded(name)) });
  const unload = useAct(unloadModel, { lists: LISTS, onDone: () => toast(words.unloaded(name)) });
  const fetchIt = useAct(addModel, { lists: LISTS, onDone: () => toast(words.onItsWay(name)) });
  const remove = useAct(removeModel, { lists: LISTS, onDone: () => toast(words.removed(name)) });
  if (card.state === "absent") {
    return (
      <Button disabled={fetchIt.isPending} onClick={() => fetchIt.mutate(id)}>
        {words.download}
      </Button>
    );
  }
  if (card.state === "downloading") {
    return <Button onClick={() => remove.mutate(id)}>{words.stop}</Button>;
  }
  return (
    <>
      {card.state === "loaded" ? (
        <Button disabled={unload.isPending} onClick={() => unload.mutate(id)}>
          {words.unload}
        </Button>
      ) : (
        <Button disabled={load.isPending} onClick={() => load.mutate(id)}>
          {load.isPending ? words.loading : words.load}
        </Button>
      )}
      {source && (
        <Button kind="quiet" onClick={() => setRemoving(true)}>
          {words.remove}
        </Button>
      )}
      <Confirm
        open={removing}
        title={words.removeTitle(name)}
        body={words.removeBody}
        action={words.remove}
        onConfirm={() => remove.mutate(id)}
        onClose={() => setRemoving(false)}
      />
    </>
  );
}
