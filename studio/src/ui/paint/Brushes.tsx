import { Contrast, Redo2, Trash2, Undo2 } from "lucide-react";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";
import type { Dab, Painting } from "@/ui/paint/painting";
import { Segmented } from "@/ui/segmented";
import { Slider } from "@/ui/slider";

const words = strings.paint;

export interface Brush {
  /** As a part of the shorter side. */
  readonly radius: number;
  readonly erase: boolean;
}

export const ROUND: Brush = { radius: 0.08, erase: false };

interface Props {
  brush: Brush;
  onBrush(brush: Brush): void;
  painting: Painting;
  onDab(dab: Dab): void;
}

/** Brush or eraser, how wide, and what to do with all of it. */
export function Brushes({ brush, onBrush, painting, onDab }: Props) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="w-36">
        <Segmented
          label={words.tool}
          value={brush.erase ? "erase" : "paint"}
          segments={[
            { value: "paint", label: words.brush },
            { value: "erase", label: words.eraser },
          ]}
          onChange={(tool) => onBrush({ ...brush, erase: tool === "erase" })}
        />
      </div>
      <div className="w-32">
        <Slider
          label={words.size}
          value={brush.radius}
          min={0.01}
          max={0.3}
          step={0.01}
          onChange={(radius) => onBrush({ ...brush, radius })}
        />
      </div>
      <div className="flex gap-1">
        <IconButton label={words.undo} disabled={painting.strokes.length === 0} onClick={() => onDab({ do: "undo" })}>
          <Undo2 aria-hidden />
        </IconButton>
        <IconButton label={words.redo} disabled={painting.undone.length === 0} onClick={() => onDab({ do: "redo" })}>
          <Redo2 aria-hidden />
        </IconButton>
        <IconButton label={words.invert} aria-pressed={painting.inverted} onClick={() => onDab({ do: "invert" })}>
          <Contrast aria-hidden className={painting.inverted ? "text-paper" : ""} />
        </IconButton>
        <IconButton label={words.clear} onClick={() => onDab({ do: "clear" })}>
          <Trash2 aria-hidden />
        </IconButton>
      </div>
    </div>
  );
}
