import { Sparkles } from "lucide-react";
import { useState } from "react";
import { Problem } from "@/api/problem";
import { useDarkroom } from "@/features/develop/darkroom";
import type { Development } from "@/features/develop/development";
import type { Noise } from "@/features/develop/useNoise";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { NoiseFields } from "@/ui/grain/NoiseFields";
import { Brushes } from "@/ui/paint/Brushes";

const words = strings.acts;

/** Noise into a part of the picture, now. */
export function InjectForm({ development, noise, step }: { development: Development; noise: Noise; step: number }) {
  const steer = useDarkroom((room) => room.steer);
  const asking = useDarkroom((room) => room.asking);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { width, height } = development.recipe;
  const size = { width: width ?? 512, height: height ?? 512 };
  const inject = async () => {
    try {
      await steer({ injection: await noise.injection({ first: step, ...size }) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
  };
  return (
    <>
      <NoiseFields noise={noise.grain} ratio={size.width / size.height} onChange={noise.setGrain} wide />
      {noise.grain.pattern === null && <PaintHint noise={noise} />}
      <div className="flex items-center gap-3">
        <Button kind="primary" disabled={!noise.somewhere || asking} onClick={() => void inject()} data-testid="apply">
          <Sparkles aria-hidden />
          {words.injectNow}
        </Button>
        <p className="text-small text-pencil">{problem?.message ?? words.injectHint}</p>
      </div>
    </>
  );
}

/** The brushes, and where to paint. */
export function PaintHint({ noise }: { noise: Noise }) {
  return (
    <div className="flex flex-col gap-1">
      <Brushes brush={noise.brush} onBrush={noise.setBrush} painting={noise.painting} onDab={noise.dab} />
      <p className="text-small text-pencil">{strings.paint.onPrint}</p>
    </div>
  );
}
