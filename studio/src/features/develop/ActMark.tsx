import { Flag, Signpost, Sparkles } from "lucide-react";
import type { Mark } from "@/features/develop/acts";
import { along } from "@/features/develop/measures";
import { strings } from "@/strings";
import { Tip } from "@/ui/tip";

const words = strings.acts;
const SHAPES = { steer: Signpost, inject: Sparkles, stop: Flag };

/** What somebody did, over the step that shows it first. */
export function ActMark({ mark, from, total }: { mark: Mark; from: number; total: number }) {
  const Shape = SHAPES[mark.kind];
  const label = told(mark);
  return (
    <Tip text={label}>
      <span
        role="img"
        aria-label={label}
        data-testid={`mark-${mark.kind}`}
        data-at={mark.step}
        className="absolute -top-0.5 flex size-6 -translate-x-1/2 items-center justify-center rounded-full bg-room text-paper"
        style={{ left: along(mark.step - from + 0.5, total - from + 1) }}
      >
        <Shape aria-hidden className="size-3.5" />
      </span>
    </Tip>
  );
}

function told({ kind, recipe, index, step }: Mark): string {
  if (kind === "stop") return words.stoppedAfter(step);
  if (kind === "inject") {
    const injection = recipe.injections[index];
    const where = injection?.pattern ? strings.noise.patterns[injection.pattern] : strings.noise.painted;
    return words.injectedAfter(step, where, injection?.strength ?? 0);
  }
  const turn = recipe.steering[index];
  return words.steeredFrom(step, turn?.prompt ?? null, turn?.guidance ?? null);
}
