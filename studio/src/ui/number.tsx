import { type ComponentProps, useEffect, useState } from "react";
import { cx } from "@/ui/classes";

interface Props extends Omit<ComponentProps<"input">, "value" | "onChange" | "min" | "max"> {
  value: number | null;
  min: number;
  max: number;
  whole?: boolean;
  /** Empty text gives null. */
  onChange(value: number | null): void;
}

const legal = (text: string, min: number, max: number, whole: boolean): number | null | undefined => {
  if (text.trim() === "") return null;
  const value = Number(text);
  if (!Number.isFinite(value) || (whole && !Number.isInteger(value))) return undefined;
  return value < min || value > max ? undefined : value;
};

/** A number that may be typed freely: what is not legal yet is kept as text, and mended when the field is left. */
export function NumberField({ value, min, max, whole = true, onChange, className, ...rest }: Props) {
  const [text, setText] = useState(String(value ?? ""));
  useEffect(() => {
    setText((now) => (now.trim() !== "" && Number(now) === value ? now : String(value ?? "")));
  }, [value]);

  const type = (typed: string) => {
    setText(typed);
    const next = legal(typed, min, max, whole);
    if (next !== undefined && next !== value) onChange(next);
  };
  const leave = () => {
    const typed = Number(text);
    if (legal(text, min, max, whole) === undefined && Number.isFinite(typed)) {
      const mended = Math.min(max, Math.max(min, whole ? Math.round(typed) : typed));
      onChange(mended);
      setText(String(mended));
    } else setText(String(value ?? ""));
  };
  return (
    <input
      inputMode={whole ? "numeric" : "decimal"}
      autoComplete="off"
      value={text}
      onChange={(event) => type(event.target.value)}
      onBlur={leave}
      className={cx(
        "h-8 min-w-0 pointer-coarse:h-10 rounded-control bg-raised px-3 text-small tabular-nums hover:bg-line focus:bg-line transition-colors duration-100",
        className,
      )}
      {...rest}
    />
  );
}
