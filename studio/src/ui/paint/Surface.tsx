import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";
import type { Brush } from "@/ui/paint/Brushes";
import { drawPainting } from "@/ui/paint/canvas";
import type { Dab, Painting, Point } from "@/ui/paint/painting";

const words = strings.paint;
const MIDDLE: Point = { x: 0.5, y: 0.5 };
const NUDGE = 0.04;
/** Longer side of what is looked at; what is sent has the picture's own size. */
const SIDE = 512;

interface Props {
  painting: Painting;
  onDab(dab: Dab): void;
  brush: Brush;
  ratio: number;
  /** Not to be seen itself, where something else shows what is painted. */
  hidden?: boolean;
}

/** What is painted on: with the pointer, a finger, a pen, or by arrow keys and Space. */
export default function Surface({ painting, onDab, brush, ratio, hidden = false }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<Point | null>(null);
  const size = {
    width: Math.round(ratio >= 1 ? SIDE : SIDE * ratio),
    height: Math.round(ratio >= 1 ? SIDE / ratio : SIDE),
  };
  const { width, height } = size;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context) drawPainting(context, painting, { width, height });
  }, [painting, width, height]);

  const under = (event: PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const press = (event: PointerEvent) => {
    if (event.button > 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    onDab({ do: "begin", at: under(event), ...brush });
  };
  const move = (event: PointerEvent) => {
    setAt(under(event));
    if (event.currentTarget.hasPointerCapture(event.pointerId)) onDab({ do: "extend", to: under(event) });
  };
  const type = (event: KeyboardEvent) => {
    const here = at ?? MIDDLE;
    const way = ARROWS[event.key];
    if (way) setAt({ x: clamp(here.x + way[0] * NUDGE), y: clamp(here.y + way[1] * NUDGE) });
    else if (event.key === " ") onDab({ do: "begin", at: here, ...brush });
    else return;
    event.preventDefault();
  };
  return (
    <div
      role="application"
      aria-label={words.surface}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is painted on by keyboard too
      tabIndex={0}
      data-testid="surface"
      className="absolute inset-0 cursor-crosshair touch-none overflow-hidden rounded-print"
      onPointerDown={press}
      onPointerMove={move}
      onPointerLeave={() => setAt(null)}
      onKeyDown={type}
      onFocus={(event) => event.currentTarget.matches(":focus-visible") && setAt(MIDDLE)}
      onBlur={() => setAt(null)}
    >
      <canvas ref={canvas} {...size} aria-hidden className={cx("size-full opacity-55", hidden && "invisible")} />
      {at && <Cursor at={at} radius={brush.radius} ratio={ratio} />}
    </div>
  );
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const clamp = (share: number): number => Math.min(1, Math.max(0, share));

/** The brush's edge, to be seen on light and dark. */
function Cursor({ at, radius, ratio }: { at: Point; radius: number; ratio: number }) {
  const width = 2 * radius * (ratio >= 1 ? 1 / ratio : 1) * 100;
  return (
    <span
      aria-hidden
      className="pointer-events-none absolute aspect-square -translate-1/2 rounded-full border border-white mix-blend-difference"
      style={{ left: `${at.x * 100}%`, top: `${at.y * 100}%`, width: `${width}%` }}
    />
  );
}
