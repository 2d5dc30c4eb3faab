import { Columns2, Download, SkipForward, Square } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";
import { lastPosition, useDarkroom } from "@/features/develop/darkroom";
import { type Development, secondsLeft } from "@/features/develop/development";

import { STRIP_ID } from "@/features/develop/Strip";
import { shown } from "@/features/develop/viewing";
import { strings } from "@/strings";
import { Button, buttonLook } from "@/ui/button";
import { Tip } from "@/ui/tip";

/** Seeds of a generation's pictures are consecutive, wrapping here. */
const SEED_LIMIT = 2 ** 32;
const words = strings.strip;

/** The numbers people care about, and what can be done at this step. */
export function Numbers({ development, onAgain }: { development: Development; onAgain(): void }) {
  const viewing = useDarkroom((room) => room.viewing);
  const { total, phase, seed, model, prints } = development;
  const last = lastPosition(development, viewing.print);
  const position = shown(viewing, last);
  const picture = prints[viewing.print]?.picture;
  const left = secondsLeft(development);
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
      {phase === "running" && left !== null && <span data-testid="left">{words.left(left)}</span>}
      {seed !== null && <Seed seed={(seed + viewing.print) % SEED_LIMIT} />}
      {model !== null && <span className="max-w-40 truncate max-sm:hidden">{model}</span>}
      <span className="ml-auto flex items-center gap-1">
        <PinActions last={last} />
        {phase === "running" && <Stop />}
        {phase === "cancelled" && (
          <>
            <span className="mr-2">{stoppedAt(development)}</span>
            <Button onClick={onAgain}>{strings.ended.again}</Button>
          </>
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

function PinActions({ last }: { last: number }) {
  const { pin, against } = useDarkroom((room) => room.viewing);
  const look = useDarkroom((room) => room.look);
  if (pin === null) return null;
  return (
    <>
      <Tip text={words.compareTitle}>
        <Button
          kind="quiet"
          aria-pressed={against !== null}
          onClick={() => look({ to: "compare", position: against ?? last })}
        >
          <Columns2 aria-hidden />
          {against === null ? words.compare : words.uncompare}
        </Button>
      </Tip>
      <Tip text={words.unpinTitle}>
        <Button kind="quiet" onClick={() => look({ to: "newest" })}>
          <SkipForward aria-hidden />
          {words.unpin}
        </Button>
      </Tip>
    </>
  );
}

function Stop() {
  const stop = useDarkroom((room) => room.stop);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const it = button.current;
    // When it goes while it has the focus, the strip beside it takes it, rather than nothing.
    return () => {
      if (it === document.activeElement) document.getElementById(STRIP_ID)?.focus();
    };
  }, []);
  return (
    <Tip text={words.stopTitle}>
      <Button ref={button} onClick={() => void stop()} data-testid="stop">
        <Square aria-hidden fill="currentColor" className="text-safe" />
        {words.stop}
      </Button>
    </Tip>
  );
}
