import { useEffect, useState } from "react";
import { imageUrl } from "@/api/images";
import type { Injection } from "@/api/types";
import { Grain } from "@/ui/grain/Grain";
import type { Mask } from "@/ui/grain/patterns";

/** Cells along the shorter side of a painted mask, as far as grain is concerned. */
const CELLS = 96;

/** The noise that the recipe will put in, as grain over the print. */
export function RecipeGrain({ injections, ratio }: { injections: readonly Injection[]; ratio: number }) {
  return (
    <div
      data-testid="grain"
      className="pointer-events-none absolute inset-0 overflow-hidden rounded-print animate-expose"
    >
      {injections.map((injection, n) => (
        <One key={n} injection={injection} ratio={ratio} />
      ))}
    </div>
  );
}

function One({ injection, ratio }: { injection: Injection; ratio: number }) {
  const painted = usePainted(injection.mask, ratio);
  return <Grain {...injection} painted={painted} ratio={ratio} className="absolute inset-0 size-full" />;
}

/** A painted mask, read back from the image that was sent. */
function usePainted(mask: string | null, ratio: number): Mask | null {
  const [painted, setPainted] = useState<Mask | null>(null);
  useEffect(() => {
    setPainted(null);
    if (mask === null) return;
    let wanted = true;
    const image = new Image();
    image.src = imageUrl(mask);
    image.decode().then(
      () => wanted && setPainted(read(image, ratio)),
      () => undefined, // It is no longer kept: the server will say so.
    );
    return () => {
      wanted = false;
    };
  }, [mask, ratio]);
  return painted;
}

function read(image: HTMLImageElement, ratio: number): Mask | null {
  const size = { width: Math.round(CELLS * Math.max(1, ratio)), height: Math.round(CELLS * Math.max(1, 1 / ratio)) };
  const canvas = Object.assign(document.createElement("canvas"), size);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(image, 0, 0, size.width, size.height);
  const { data } = context.getImageData(0, 0, size.width, size.height);
  return {
    ...size,
    cells: Float32Array.from({ length: size.width * size.height }, (_, n) => (data[n * 4] ?? 0) / 255),
  };
}
