import { type KeyboardEvent, type MouseEvent, type PointerEvent, useRef } from "react";
import { ActMark } from "@/features/develop/ActMark";
import { marksOf } from "@/features/develop/acts";
import { Cell, type Lit } from "@/features/develop/Cell";
import { useDarkroom } from "@/features/develop/darkroom";
import { type Development, lastPosition, type Print } from "@/features/develop/development";
import { along, CROWDED, FINAL, STEPS_WIDTH } from "@/features/develop/measures";
import { shown, type Viewing } from "@/features/develop/viewing";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";

const words = strings.strip;
export const STRIP_ID = "strip";

/** The strip in the tray: every step a small frame, filling from the left, with sigma falling over it. */
export function Strip({ development, from }: { development: Development; from: number }) {
  const viewing = useDarkroom((room) => room.viewing);
  const look = useDarkroom((room) => room.look);
  const started = useRef<number | null>(null);
  const number = Math.min(viewing.print, development.prints.length - 1);
  const print = development.prints[number];
  const last = lastPosition(development, number);
  if (print === undefined) return null;
  const total = Math.max(development.total, 1);
  const position = shown(viewing, last);

  const under = (event: PointerEvent | MouseEvent): number | null => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - left) / (width - FINAL.width - FINAL.gap);
    const at = share > 1 ? total + 1 : from + Math.floor(share * (total - from + 1));
    return last === 0 ? null : Math.max(1, Math.min(at, last));
  };
  const move = (event: PointerEvent) => {
    const at = under(event);
    const start = started.current;
    const dragging = start !== null && at !== null && event.pointerType !== "touch" && (event.buttons & 1) === 1;
    if (dragging && (at !== start || viewing.against !== null)) look({ to: "drag", start, position: at });
    else look({ to: "hover", position: at });
  };
  const choose = (event: MouseEvent) => {
    const at = under(event);
    const dragged = started.current !== null && started.current !== at;
    started.current = null;
    if (at === null || dragged) return;
    look(event.shiftKey ? { to: "compare", position: at, last } : { to: "pin", position: at });
  };
  const jump = (event: KeyboardEvent) => {
    if (event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    look({ to: "move", by: event.key === "Home" ? -last : last, last });
  };
  return (
    <div className="relative" style={{ marginLeft: along(from - 1, total) }}>
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
        onPointerDown={(event) => {
          started.current = under(event);
        }}
        onPointerMove={move}
        onPointerLeave={() => look({ to: "hover", position: null })}
        onClick={choose}
        onKeyDown={jump}
      >
        <SigmaLine print={print} from={from} total={total} />
        <div className={cx("flex", total < CROWDED && "gap-px")}>
          {Array.from({ length: total + 2 - from }, (_, n) => (
            <Cell
              key={n}
              position={from + n}
              first={n === 0}
              development={development}
              print={print}
              lit={litAt(from + n, position, viewing)}
            />
          ))}
        </div>
      </div>
      {marksOf(development)
        .filter(({ step }) => step >= from)
        .map((mark) => (
          <ActMark key={`${mark.kind}-${mark.index}`} mark={mark} from={from} total={total} />
        ))}
    </div>
  );
}

function litAt(position: number, at: number, { pin, against }: Viewing): Lit {
  if (position === pin) return "pinned";
  if (against?.of === null && position === against.position) return "against";
  return position === at ? "shown" : null;
}

function spoken({ total }: Development, print: Print, position: number): string {
  if (position === 0) return words.valueEmpty;
  if (position > total) return words.valueFinished;
  return words.value(position, total, (print.steps[position - 1]?.sigma ?? 0).toPrecision(3));
}

/** Sigma over the steps, as the share of noise s / (s + 1), so that any model's range fits the same line. */
function SigmaLine({ print, from, total }: { print: Print; from: number; total: number }) {
  const width = total - from + 1;
  const points = print.steps.flatMap((step) =>
    step && step.step >= from
      ? [`${((step.step - from + 0.5) / width) * 100},${(1 - step.sigma / (step.sigma + 1)) * 100}`]
      : [],
  );
  return (
    <svg
      aria-hidden="true"
      style={{ width: STEPS_WIDTH }}
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
