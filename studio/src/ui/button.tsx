import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cx } from "@/ui/classes";
import { Tip } from "@/ui/tip";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap select-none transition-colors duration-100 disabled:opacity-50 disabled:pointer-events-none [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      kind: {
        primary: "bg-safe text-on-safe hover:bg-safe-lit",
        plain: "bg-raised text-paper hover:bg-line",
        quiet: "text-pencil hover:text-paper hover:bg-raised",
      },
      size: {
        small: "h-8 px-3 text-small pointer-coarse:h-10",
        large: "h-11 px-5 text-body",
        icon: "size-8 text-small pointer-coarse:size-10",
        touch: "size-11 text-body",
      },
    },
    defaultVariants: { kind: "plain", size: "small" },
  },
);

type Props = ComponentProps<"button"> & VariantProps<typeof look>;

export function Button({ className, kind, size, type = "button", ...rest }: Props) {
  return <button type={type} className={cx(look({ kind, size }), className)} {...rest} />;
}

/** A button that is only a picture: its label is spoken and shown on hover. */
export function IconButton({ label, size = "icon", kind = "quiet", ...rest }: Props & { label: string }) {
  return (
    <Tip text={label}>
      <Button aria-label={label} size={size} kind={kind} {...rest} />
    </Tip>
  );
}

export { look as buttonLook };
