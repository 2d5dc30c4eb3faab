import { useReducer, useState } from "react";
import { giveImage } from "@/api/images";
import type { Injection } from "@/api/types";
import type { Grainy } from "@/ui/grain/Grain";
import { FIRST_GRAIN } from "@/ui/grain/NoiseFields";
import { type Brush, ROUND } from "@/ui/paint/Brushes";
import { fileOf } from "@/ui/paint/canvas";
import { blank, type Dab, type Painting, paint, UNPAINTED } from "@/ui/paint/painting";

/** Noise that somebody is about to put in. */
export interface Noise {
  readonly grain: Grainy;
  setGrain(grain: Grainy): void;
  readonly painting: Painting;
  dab(dab: Dab): void;
  readonly brush: Brush;
  setBrush(brush: Brush): void;
  /** Whether a branch is to have it. */
  readonly meant: boolean;
  mean(meant: boolean): void;
  /** Whether there is anywhere for it to fall. */
  readonly somewhere: boolean;
  /** It as the server wants it: a painted mask is sent first. */
  injection(at: { readonly first: number; readonly width: number; readonly height: number }): Promise<Injection>;
}

export function useNoise(): Noise {
  const [grain, setGrain] = useState(FIRST_GRAIN);
  const [painting, dab] = useReducer(paint, UNPAINTED);
  const [brush, setBrush] = useState(ROUND);
  const [meant, mean] = useState(false);
  return {
    grain,
    setGrain,
    painting,
    dab,
    brush,
    setBrush,
    meant,
    mean,
    somewhere: grain.pattern !== null || !blank(painting),
    async injection({ first, width, height }) {
      const mask = grain.pattern === null ? (await giveImage(await fileOf(painting, { width, height }))).id : null;
      return { ...grain, mask, first, last: null };
    },
  };
}
