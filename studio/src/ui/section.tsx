import type { ReactNode } from "react";

/** A page of text and lists, in one column. */
export function PageColumn({ children }: { children: ReactNode }) {
  return (
    <main className="min-h-0 grow overflow-y-auto px-4 pt-4 pb-16 lg:h-0">
      <div className="mx-auto flex max-w-3xl flex-col gap-12">{children}</div>
    </main>
  );
}

/** A part of a page under its title. */
export function Section({ title, body, children }: { title: string; body?: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-4">
      <div>
        <h2 className="text-title font-semibold first-letter:uppercase">{title}</h2>
        {body && <p className="max-w-prose text-small text-pencil text-pretty">{body}</p>}
      </div>
      {children}
    </section>
  );
}

/** Names and what they stand for, side by side. */
export function Pairs({ of, label }: { of: readonly (readonly [string, ReactNode])[]; label?: string }) {
  return (
    <dl
      aria-label={label}
      className="grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-6 gap-y-1 text-small tabular-nums"
    >
      {of
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-pencil">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
    </dl>
  );
}
