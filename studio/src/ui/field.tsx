import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/ui/classes";

const BOX =
  "min-w-0 rounded-control bg-raised px-3 text-small hover:bg-line focus:bg-line transition-colors duration-100";

interface Common {
  label: string;
  hint?: string | undefined;
  /** What is wrong with what was typed. */
  wrong?: string | undefined;
}

/** A line of text under its label. */
export function TextField({ label, hint, wrong, className, ...rest }: ComponentProps<"input"> & Common) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} wrong={wrong}>
      <input
        id={id}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={hint || wrong ? `${id}-more` : undefined}
        className={cx(BOX, "h-8 w-full pointer-coarse:h-10", className)}
        {...rest}
      />
    </Labelled>
  );
}

interface LabelledProps extends Common {
  id: string;
  /** The label is heard, not seen: what it says is plain from where it stands. */
  hidden?: boolean | undefined;
  children: ReactNode;
}

/** Anything under its label. */
export function Labelled({ id, label, hint, wrong, hidden, children }: LabelledProps) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={cx("text-small text-pencil", hidden && "sr-only")}>
        {label}
      </label>
      {children}
      {(hint || wrong) && (
        <p id={`${id}-more`} className={cx("text-small", wrong ? "text-paper" : "text-pencil")}>
          {wrong ?? hint}
        </p>
      )}
    </div>
  );
}
