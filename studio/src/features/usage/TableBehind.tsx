import type { ReactNode } from "react";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";

interface Props {
  name: string;
  heads: readonly string[];
  rows: readonly (readonly string[])[];
}

/** The same as a chart, in words; closed until somebody asks. */
export function TableBehind({ name, heads, rows }: Props) {
  if (rows.length === 0) return null;
  return (
    <details className="text-small">
      <summary className="w-fit cursor-pointer rounded-control py-1 text-pencil hover:text-paper">
        {strings.usage.table(name)}
      </summary>
      <Scrolled name={name} className="mt-2 max-h-64">
        <Table heads={heads} rows={rows} />
      </Scrolled>
    </details>
  );
}

/** What may be larger than its place, and is scrolled by keys as well. */
export const Scrolled = ({ name, className, children }: { name: string; className?: string; children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it
  <section aria-label={name} tabIndex={0} className={cx("overflow-auto rounded-control", className)}>
    {children}
  </section>
);

/** Rows of words; what comes after the first column is numbers. */
export function Table({ heads, rows }: Omit<Props, "name">) {
  return (
    <table className="w-full text-small tabular-nums">
      <thead>
        <tr>
          {heads.map((head, n) => (
            <th
              key={head}
              scope="col"
              className={`py-1 font-normal text-pencil ${n === 0 ? "text-start" : "ps-4 text-end"}`}
            >
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row[0]}>
            {row.map((cell, n) =>
              n === 0 ? (
                <th key={heads[n]} scope="row" className="max-w-0 min-w-32 truncate py-1 text-start font-normal">
                  {cell}
                </th>
              ) : (
                <td key={heads[n]} className="py-1 ps-4 text-end whitespace-nowrap">
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
