import type { ReactNode } from "react";

/** A label over its control. `plain` where the control names itself. */
export function Field({
  label,
  id,
  plain = false,
  children,
}: {
  label: string;
  id?: string;
  plain?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="flex flex-col gap-1.5">
      {plain ? (
        <span aria-hidden className="text-small text-pencil">
          {label}
        </span>
      ) : (
        <label htmlFor={id} className="text-small text-pencil">
          {label}
        </label>
      )}
      {children}
    </div>
  );
}
