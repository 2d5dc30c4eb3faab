import { type KeyboardEvent, useId, useState } from "react";
import { ceiling, dayOf } from "@/features/usage/numbers";
import { TableBehind } from "@/features/usage/TableBehind";
import { strings } from "@/strings";

const words = strings.usage;
const HEIGHT = 160;
const WIDTH = 720;
const GAP = 0.28;

export interface Point {
  readonly day: string;
  readonly value: number;
}

interface Props {
  name: string;
  points: readonly Point[];
  said(value: number): string;
}

/** A bar for every day. Arrow keys and the pointer say each one's number; the table behind it says them all. */
export function Chart({ name, points, said }: Props) {
  const [at, setAt] = useState<number | null>(null);
  const id = useId();
  const most = points.reduce((best, point) => (point.value > best.value ? point : best), points[0] ?? BLANK);
  const top = ceiling(most.value);
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -points.length, End: points.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setAt((now) => Math.min(points.length - 1, Math.max(0, (now ?? points.length) + step)));
  };
  const shown = at === null ? null : points[at];
  return (
    <figure className="flex flex-col gap-2">
      <figcaption className="flex items-baseline justify-between gap-4 text-small">
        <span className="text-pencil">{name}</span>
        <output htmlFor={id} aria-live="polite" className="tabular-nums">
          {shown ? words.dayOf(dayOf(shown.day), said(shown.value)) : ""}
        </output>
      </figcaption>
      <div className="relative">
        <span aria-hidden className="absolute top-1 start-0 text-small text-pencil tabular-nums">
          {said(top)}
        </span>
        <svg
          id={id}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={words.chart(name, points.length, said(most.value), dayOf(most.day))}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go from day to day
          tabIndex={0}
          onKeyDown={pressed}
          onPointerMove={({ currentTarget, clientX }) => {
            const { left, width } = currentTarget.getBoundingClientRect();
            setAt(Math.min(points.length - 1, Math.max(0, Math.floor(((clientX - left) / width) * points.length))));
          }}
          onPointerLeave={() => setAt(null)}
          onBlur={() => setAt(null)}
          className="h-40 w-full touch-pan-y rounded-print"
        >
          {[0.5, 1].map((part) => (
            <line
              key={part}
              x1={0}
              x2={WIDTH}
              y1={HEIGHT * (1 - part) + 0.5}
              y2={HEIGHT * (1 - part) + 0.5}
              className="stroke-line"
              strokeWidth={1}
              vectorEffect="non-scaling-stroke"
            />
          ))}
          <Bars points={points} top={top} at={at} />
        </svg>
      </div>
      <div aria-hidden className="flex justify-between text-small text-pencil tabular-nums">
        <span>{points[0] && dayOf(points[0].day)}</span>
        <span>{points.at(-1) && dayOf(points.at(-1)?.day ?? "")}</span>
      </div>
      <TableBehind
        name={name}
        heads={[words.day, name]}
        rows={points.filter(({ value }) => value > 0).map(({ day, value }) => [dayOf(day), said(value)])}
      />
    </figure>
  );
}

const BLANK: Point = { day: "1970-01-01", value: 0 };

function Bars({ points, top, at }: { points: readonly Point[]; top: number; at: number | null }) {
  const width = WIDTH / Math.max(1, points.length);
  return points.map(({ day, value }, n) => {
    const height = (value / top) * (HEIGHT - 2);
    return (
      <g key={day}>
        {at === n && <rect x={n * width} y={0} width={width} height={HEIGHT} className="fill-raised" />}
        <rect
          x={n * width + (width * GAP) / 2}
          y={HEIGHT - Math.max(value > 0 ? 2 : 1, height)}
          width={width * (1 - GAP)}
          height={Math.max(value > 0 ? 2 : 1, height)}
          className={value === 0 ? "fill-line" : at === n ? "fill-paper" : "fill-pencil"}
        />
      </g>
    );
  });
}
