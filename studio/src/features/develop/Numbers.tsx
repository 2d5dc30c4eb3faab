import { Download } from "lucide-react";
import { useState } from "react";
import { useCard } from "@/api/queries";
import type { ModelCard } from "@/api/types";
import { useDarkroom } from "@/features/develop/darkroom";
import { type Development, lastPosition, secondsLeft } from "@/features/develop/development";
import { Reproduce } from "@/features/develop/Reproduce";
import { shown } from "@/features/develop/viewing";
import { strings } from "@/strings";
import { Button, buttonLook } from "@/ui/button";

/** Seeds of a generation's pictures are consecutive, wrapping here. */
const SEED_LIMIT = 2 ** 32;
const words = strings.strip;

/** The numbers people care about, and what can be taken away. */
export function Numbers({ development, onAgain }: { development: Development; onAgain(): void }) {
  const viewing = useDarkroom((room) => room.viewing);
  const { total, phase, seed, model, prints } = development;
  const last = lastPosition(development, viewing.print);
  const position = shown(viewing, last);
  const picture = prints[viewing.print]?.picture;
  const left = secondsLeft(development);
  const card = useCard(model);
  return (
    <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1 sm:gap-x-4 text-small text-pencil tabular-nums">
      <span>
        {position > total ? (
          <strong className="font-medium text-paper">{words.finished}</strong>
        ) : (
          <>
            {words.stepLabel} <strong className="font-medium text-paper">{words.step(position, total)}</strong>
          </>
        )}
      </span>
      {phase === "paused" && <strong className="font-medium text-paper">{strings.phases.paused}</strong>}
      {phase === "running" && left !== null && <span data-testid="left">{words.left(left)}</span>}
      {seed !== null && <Seed seed={(seed + viewing.print) % SEED_LIMIT} />}
      {model !== null && <span className="max-w-40 truncate max-sm:hidden">{model}</span>}
      <span className="ms-auto flex items-center gap-1">
        {phase === "cancelled" && (
          <>
            <span className="me-2">{stoppedAt(development)}</span>
            <Button onClick={onAgain}>{strings.ended.again}</Button>
          </>
        )}
        {phase === "finished" && picture && card && repeatable(card) && (
          <Reproduce key={development.id} id={development.id} />
        )}
        {phase === "finished" && picture && (
          <a href={`${picture.url}?download=true`} download className={buttonLook({ kind: "quiet" })}>
            <Download aria-hidden />
            {words.download}
          </a>
        )}
      </span>
    </div>
  );
}

/** Whether the same picture can be had again, and costs nothing: who only wants to know should not pay. */
const repeatable = ({ price_usd, fixed }: ModelCard): boolean => !price_usd && !fixed.includes("seed");

function stoppedAt({ prints, total }: Development): string {
  const done = Math.max(0, ...prints.map((print) => print.done));
  return done > 0 ? strings.ended.cancelled(done, total) : strings.ended.cancelledEarly;
}

function Seed({ seed }: { seed: number }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    // Browsers keep the clipboard from pages that came over plain http from another machine.
    if (navigator.clipboard === undefined) return;
    await navigator.clipboard.writeText(String(seed));
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={words.seedCopy(seed)}
      className="rounded-control underline decoration-line underline-offset-4 hover:text-paper hover:decoration-current"
    >
      <span className="max-sm:hidden">{words.seed} </span>
      <span aria-live="polite">{copied ? words.copied : seed}</span>
    </button>
  );
}
