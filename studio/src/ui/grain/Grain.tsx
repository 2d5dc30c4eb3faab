import { useEffect, useMemo, useRef } from "react";
import type { Pattern } from "@/api/types";
import { cx } from "@/ui/classes";
import { grainPixels } from "@/ui/grain/develop";
import { type Mask, patternMask, soften } from "@/ui/grain/patterns";

/** Cells along the shorter side: fine enough to look like grain, coarse enough to be drawn while a slider moves. */
const CELLS = 96;

/** Noise that is to be put in, as far as it can be seen. */
export interface Grainy {
  /** Null where the mask is painted. */
  readonly pattern: Pattern | null;
  readonly strength: number;
  readonly feather: number;
  readonly seed: number;
}

interface Props extends Grainy {
  /** Width over height of what it lies on. */
  readonly ratio: number;
  readonly painted?: Mask | null;
  readonly cells?: number;
  readonly className?: string;
}

/** The noise where it will fall, as grain. */
export function Grain({ pattern, strength, feather, seed, ratio, painted = null, cells = CELLS, className }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = Math.max(1, Math.round(ratio >= 1 ? cells * ratio : cells));
  const height = Math.max(1, Math.round(ratio >= 1 ? cells : cells / ratio));
  const mask = useMemo(() => {
    if (pattern !== null) return patternMask(pattern, { width, height, seed, feather });
    return painted && soften(painted, Math.round(feather * Math.min(painted.width, painted.height)));
  }, [pattern, painted, width, height, seed, feather]);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !canvas.current) return;
    canvas.current.width = mask?.width ?? 1;
    canvas.current.height = mask?.height ?? 1;
    if (mask) context.putImageData(new ImageData(grainPixels(mask, strength, seed), mask.width), 0, 0);
  }, [mask, strength, seed]);
  return <canvas ref={canvas} aria-hidden className={cx("[image-rendering:pixelated]", className)} />;
}
