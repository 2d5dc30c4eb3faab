import type { KeyboardEvent, MouseEvent, PointerEvent } from "react";
import { lastPosition, useDarkroom } from "@/features/develop/darkroom";
import { type Development, frameAt, type Print } from "@/features/develop/development";
import { shown, type Viewing } from "@/features/develop/viewing";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";

const words = strings.strip;
export const STRIP_ID = "strip";
/** Pixels at the right that belong to the finished print, and the gap before it. */
const FINAL = { width: 56, gap: 8 };
const WIDEST_STEP = 64;
/** From here on there is no room for lines between the steps. */
const CROWDED = 80;

/** The contact sheet: every step a small frame, filling from the left, with sigma falling over it. */
export function Strip({ development }: { development: Development }) {
  const viewing = useDarkroom((room) => room.viewing);
  const look = useDarkroom((room) => room.look);
  const number = Math.min(viewing.print, development.prints.length - 1);
  const print = development.prints[number];
  const last = lastPosition(development, number);
  if (print === undefined) return null;
  const total = Math.max(development.total, 1);
  const position = shown(viewing, last);

  const under = (event: PointerEvent | MouseEvent): number | null => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const along = (event.clientX - left) / (width - FINAL.width - FINAL.gap);
    const at = along > 1 ? total + 1 : Math.floor(along * total) + 1;
    return last === 0 ? null : Math.max(1, Math.min(at, last));
  };
  const choose = (event: MouseEvent) => {
    const at = under(event);
    if (at !== null) look({ to: event.shiftKey ? "compare" : "pin", position: at });
  };
  const jump = (event: KeyboardEvent) => {
    if (event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    look({ to: "move", by: event.key === "Home" ? -last : last, last });
  };
  return (
    <div
      id={STRIP_ID}
      role="slider"
      tabIndex={0}
      aria-label={words.label}
      aria-valuemin={Math.min(1, last)}
      aria-valuemax={last}
      aria-valuenow={position}
      aria-valuetext={spoken(development, print, position)}
      data-testid="strip"
      className="touch-pan-y rounded-print pb-2 select-none"
      style={{ maxWidth: total * WIDEST_STEP + FINAL.width + FINAL.gap }}
      onPointerMove={(event) => look({ to: "hover", position: under(event) })}
      onPointerLeave={() => look({ to: "hover", position: null })}
      onClick={choose}
      onKeyDown={jump}
    >
      <SigmaLine print={print} total={total} />
      <div className={cx("flex", total < CROWDED && "gap-px")}>
        {Array.from({ length: total + 1 }, (_, n) => (
          <Cell
            key={n}
            position={n + 1}
            development={development}
            print={print}
            mark={markOf(n + 1, position, viewing)}
          />
        ))}
      </div>
    </div>
  );
}

type Mark = "shown" | "pinned" | "against" | null;

function markOf(position: number, at: number, viewing: Viewing): Mark {
  if (position === viewing.pin) return "pinned";
  if (position === viewing.against) return "against";
  return position === at ? "shown" : null;
}

function spoken({ total }: Development, print: Print, position: number): string {
  if (position === 0) return words.valueEmpty;
  if (position > total) return words.valueFinished;
  return words.value(position, total, (print.steps[position - 1]?.sigma ?? 0).toPrecision(3));
}

interface CellProps {
  position: number;
  development: Development;
  print: Print;
  mark: Mark;
}

function Cell({ position, development, print, mark }: CellProps) {
  const { total, phase } = development;
  const final = position > total;
  const step = print.steps[position - 1];
  // A step whose preview was dropped in favour of the next shows the one before it, fainter.
  const source = final ? print.picture?.thumbnail_url : step && frameAt(print, position)?.frame?.url;
  const now = phase === "running" && position === print.done + 1;
  return (
    <div
      data-step={position}
      data-known={final ? print.picture !== null : step !== undefined}
      style={final ? { width: FINAL.width, marginLeft: FINAL.gap } : undefined}
      className={cx(
        "relative h-12 min-w-0 flex-1 bg-tray lg:h-14",
        position === 1 && "rounded-l-print",
        final && "flex-none rounded-print",
        now && "animate-breathe bg-raised",
      )}
    >
      {source && (
        <img
          src={source}
          alt=""
          draggable={false}
          className={cx("size-full object-cover checkerboard animate-expose", !final && !step?.frame && "opacity-60")}
        />
      )}
      <span
        className={cx(
          "absolute inset-x-0 -bottom-2 h-0.5 rounded-full",
          now && "bg-safe",
          mark && "bg-paper",
          (mark === "pinned" || mark === "against") && "h-1",
        )}
      />
    </div>
  );
}

/** Sigma over the steps, as the share of noise s / (s + 1), so that any model's range fits the same line. */
function SigmaLine({ print, total }: { print: Print; total: number }) {
  const points = print.steps.flatMap((step) =>
    step ? [`${((step.step - 0.5) / total) * 100},${(1 - step.sigma / (step.sigma + 1)) * 100}`] : [],
  );
  return (
    <svg
      aria-hidden="true"
      style={{ width: `calc(100% - ${FINAL.width + FINAL.gap}px)` }}
      viewBox="0 0 100 100"
      preserveAspectRatio="none"
      className="mb-1 h-5 overflow-visible"
    >
      <polyline
        points={points.join(" ")}
        fill="none"
        stroke="currentColor"
        strokeWidth="1"
        vectorEffect="non-scaling-stroke"
        className="text-pencil"
      />
    </svg>
  );
}
