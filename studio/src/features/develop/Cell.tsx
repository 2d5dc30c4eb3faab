import { memo } from "react";
import { type Development, frameAt, lastStep, type Print, previewAt } from "@/features/develop/development";
import { FINAL } from "@/features/develop/measures";
import { cx } from "@/ui/classes";

/** Why a frame stands out. */
export type Lit = "shown" | "pinned" | "against" | null;

interface Place {
  position: number;
  /** The leftmost of its strip. */
  first: boolean;
  lit?: Lit;
  /** Of a strip that is not in the tray. */
  small?: boolean;
}

interface Props extends Place {
  development: Development;
  print: Print;
}

/** One frame of a strip. Every event passes by here, and few change what a frame shows. */
export function Cell({ development, print, position, ...place }: Props) {
  const { total, phase } = development;
  const final = position > total;
  const step = print.steps[position - 1];
  const preview = previewAt(development, development.prints.indexOf(print), position);
  const next = position === print.done + 1 && position <= lastStep(development);
  return (
    <Frame
      {...place}
      position={position}
      final={final}
      known={final ? print.picture !== null : step !== undefined}
      // A step whose preview was dropped in favour of the next shows the one before it, fainter.
      source={
        (final
          ? print.picture?.thumbnail_url
          : step && preview !== "placeholder" && frameAt(print, position)?.frame?.url) || null
      }
      faint={!final && !step?.frame}
      left={!final && position > lastStep(development)}
      now={phase === "running" && next}
      halted={phase === "paused" && next}
    />
  );
}

interface FrameProps extends Place {
  final: boolean;
  known: boolean;
  source: string | null;
  faint: boolean;
  /** It will not be taken. */
  left: boolean;
  now: boolean;
  halted: boolean;
}

const Frame = memo(function Frame(props: FrameProps) {
  const { position, first, lit = null, small = false, final, known, source, faint, left, now, halted } = props;
  return (
    <span
      data-step={position}
      data-known={known}
      style={final ? { width: FINAL.width, marginLeft: FINAL.gap } : undefined}
      className={cx(
        "relative min-w-0 flex-1 bg-tray",
        small ? "h-8" : "h-12 lg:h-14",
        first && "rounded-s-print",
        final && "flex-none rounded-print",
        left && "opacity-30",
        now && "animate-breathe bg-raised",
        halted && "bg-line",
      )}
    >
      {source && (
        <img
          src={source}
          alt=""
          draggable={false}
          className={cx("size-full object-cover checkerboard animate-expose", faint && "opacity-60")}
        />
      )}
      <span
        className={cx(
          "absolute inset-x-0 -bottom-2 h-0.5 rounded-full",
          now && "bg-safe",
          lit && "bg-paper",
          (lit === "pinned" || lit === "against") && "h-1",
        )}
      />
    </span>
  );
});
