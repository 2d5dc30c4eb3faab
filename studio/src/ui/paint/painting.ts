// A mask that is being painted, as a value: strokes on a surface whose sides are 1. Pure.

export interface Point {
  /** From 0 at the left to 1 at the right. */
  readonly x: number;
  readonly y: number;
}

export interface Stroke {
  readonly erase: boolean;
  /** As a part of the shorter side. */
  readonly radius: number;
  readonly points: readonly Point[];
}

export interface Painting {
  readonly strokes: readonly Stroke[];
  readonly undone: readonly Stroke[];
  /** All that is not painted, in place of what is. */
  readonly inverted: boolean;
}

export const UNPAINTED: Painting = { strokes: [], undone: [], inverted: false };

export type Dab =
  | { readonly do: "begin"; readonly at: Point; readonly radius: number; readonly erase: boolean }
  | { readonly do: "extend"; readonly to: Point }
  | { readonly do: "undo" | "redo" | "clear" | "invert" };

const within = ({ x, y }: Point): Point => ({ x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) });

/** The next state. What was undone is forgotten with the next stroke. */
export function paint(painting: Painting, dab: Dab): Painting {
  const { strokes, undone } = painting;
  switch (dab.do) {
    case "begin":
      return {
        ...painting,
        strokes: [...strokes, { erase: dab.erase, radius: dab.radius, points: [within(dab.at)] }],
        undone: [],
      };
    case "extend": {
      const last = strokes.at(-1);
      if (last === undefined) return painting;
      return { ...painting, strokes: [...strokes.slice(0, -1), { ...last, points: [...last.points, within(dab.to)] }] };
    }
    case "undo": {
      const last = strokes.at(-1);
      return last ? { ...painting, strokes: strokes.slice(0, -1), undone: [...undone, last] } : painting;
    }
    case "redo": {
      const next = undone.at(-1);
      return next ? { ...painting, strokes: [...strokes, next], undone: undone.slice(0, -1) } : painting;
    }
    case "clear":
      return UNPAINTED;
    case "invert":
      return { ...painting, inverted: !painting.inverted };
  }
}

/** Whether it would change nothing: nothing is painted, and it is not turned round. */
export const blank = ({ strokes, inverted }: Painting): boolean => !inverted && strokes.every(({ erase }) => erase);
