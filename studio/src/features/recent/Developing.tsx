import { X } from "lucide-react";
import { useState } from "react";
import { cancelGeneration } from "@/api/client";
import { useRefresh } from "@/api/queries";
import type { Generation } from "@/api/types";
import { strings } from "@/strings";
import { Tip } from "@/ui/tip";

const words = strings.recent;

interface Props {
  generation: Generation;
  /** How many of those shown go before it. */
  ahead: number;
  onWatch(generation: Generation): void;
}

/** One that waits, develops or is paused: where it is, and a way to call it off. */
export function Developing({ generation, ahead, onWatch }: Props) {
  const refresh = useRefresh();
  const [leaving, setLeaving] = useState(false);
  const { id, recipe, state, step, total } = generation;
  const percent = total ? Math.round((step / total) * 100) : 0;
  const label = labelOf(generation, ahead, percent);
  const cancel = async () => {
    setLeaving(true);
    await cancelGeneration(id).catch(() => setLeaving(false)); // It may have ended just now; the list knows.
    refresh();
  };
  return (
    <div className="group relative size-16">
      <Tip text={label}>
        <button
          type="button"
          aria-label={label}
          disabled={leaving}
          onClick={() => onWatch(generation)}
          className="relative block size-16 overflow-hidden rounded-print bg-tray p-2 text-start disabled:opacity-50"
        >
          <span className="line-clamp-2 text-small leading-4 text-pencil">
            {state === "queued" ? words.place(ahead + 1) : recipe.prompt}
          </span>
          <span className="absolute inset-x-2 bottom-2 h-0.5 bg-line">
            <span
              className={`block h-full ${state === "running" ? "bg-safe" : "bg-pencil"}`}
              style={{ width: `${percent}%` }}
            />
          </span>
        </button>
      </Tip>
      <button
        type="button"
        aria-label={words.cancel(recipe.prompt)}
        onClick={() => void cancel()}
        className="absolute -top-1 -end-1 flex size-6 items-center justify-center rounded-full bg-raised text-paper opacity-0 transition-opacity duration-100 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </div>
  );
}

function labelOf({ recipe, state }: Generation, ahead: number, percent: number): string {
  if (state === "queued") return words.queued(recipe.prompt, ahead);
  return state === "paused" ? words.paused(recipe.prompt, percent) : words.running(recipe.prompt, percent);
}
