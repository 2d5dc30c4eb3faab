import { useQuery } from "@tanstack/react-query";
import { getStorage } from "@/api/gallery";
import { Problem } from "@/api/problem";
import type { Storage } from "@/api/types";
import { strings } from "@/strings";
import { locale } from "@/ui/locale";
import { bytes, number } from "@/ui/moment";
import { Pairs, Section } from "@/ui/section";
import { Trouble, Waiting } from "@/ui/states";

const words = strings.settings;

/** What the server keeps, and the room that it takes. */
export function StorageSection() {
  const { data, error } = useQuery({ queryKey: ["storage"], queryFn: ({ signal }) => getStorage(signal) });
  const heap = ({ count, bytes: size }: { count: number; bytes: number }) => words.heap(number(count), bytes(size));
  return (
    <Section title={words.storage}>
      {error instanceof Problem && <Trouble problem={error} />}
      {data ? (
        <>
          <Pairs
            of={[
              [words.pictures, heap(data.pictures)],
              [words.inputs, heap(data.inputs)],
              [words.checkpoints, heap(data.checkpoints)],
              [words.database, bytes(data.database_bytes)],
              [words.free, bytes(data.disk_free_bytes)],
            ]}
          />
          <Months months={data.by_month} />
        </>
      ) : (
        !error && <Waiting />
      )}
    </Section>
  );
}

function Months({ months }: { months: Storage["by_month"] }) {
  const most = Math.max(1, ...months.map(({ count }) => count));
  const named = (month: string) =>
    new Date(`${month}-01T12:00:00Z`).toLocaleDateString(locale(), { month: "short", year: "numeric" });
  return (
    <ul aria-label={words.months} className="flex flex-col gap-1 text-small tabular-nums">
      {months.map(({ month, count, bytes: size }) => (
        <li key={month} className="grid grid-cols-[6rem_minmax(0,1fr)_10rem] items-center gap-4">
          <span className="text-pencil">{named(month)}</span>
          <span aria-hidden className="h-1 rounded-full bg-pencil" style={{ width: `${(count / most) * 100}%` }} />
          <span className="text-end">{words.heap(number(count), bytes(size))}</span>
        </li>
      ))}
    </ul>
  );
}
