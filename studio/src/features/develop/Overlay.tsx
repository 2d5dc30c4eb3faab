import { lazy, Suspense, useMemo } from "react";
import type { Acting } from "@/features/develop/acts";
import type { Noise } from "@/features/develop/useNoise";
import { Grain } from "@/ui/grain/Grain";
import { maskOf } from "@/ui/paint/canvas";

const Surface = lazy(() => import("@/ui/paint/Surface"));
/** Cells along the shorter side of what is painted, as far as grain is concerned. */
const CELLS = 96;

/** Over the print: the grain where noise is about to fall, and something to paint it on. */
export function Overlay({ acting, noise, ratio }: { acting: Acting; noise: Noise; ratio: number }) {
  const { grain, painting, dab, brush } = noise;
  const byHand = grain.pattern === null;
  const painted = useMemo(() => {
    const size = { width: Math.round(CELLS * Math.max(1, ratio)), height: Math.round(CELLS * Math.max(1, 1 / ratio)) };
    return byHand ? maskOf(painting, size) : null;
  }, [byHand, painting, ratio]);
  if (acting.act === "steer" || (acting.act === "branch" && !noise.meant)) return null;
  return (
    <div data-testid="grain" className="absolute inset-0 overflow-hidden rounded-print">
      <Grain {...grain} painted={painted} ratio={ratio} className="absolute inset-0 size-full" />
      {byHand && (
        <Suspense>
          <Surface painting={painting} onDab={dab} brush={brush} ratio={ratio} hidden />
        </Suspense>
      )}
    </div>
  );
}
