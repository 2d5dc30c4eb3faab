import type { Percentiles, Usage } from "@/api/usage";
import { duration, money } from "@/features/usage/numbers";
import { Scrolled, Table } from "@/features/usage/TableBehind";
import { strings } from "@/strings";
import { number } from "@/ui/moment";
import { Section } from "@/ui/section";

const words = strings.usage;

/** How long was waited and drawn: the middle and the slow end, on one scale. */
export function Latency({ latency: { waiting, drawing, whole } }: { latency: Usage["latency"] }) {
  const known: readonly (readonly [string, Percentiles | null])[] = [
    [words.waits, waiting],
    [words.draws, drawing],
    [words.whole, whole],
  ];
  const rows = known.filter((row): row is readonly [string, Percentiles] => row[1] !== null);
  const most = Math.max(1e-9, ...rows.map(([, { p95 }]) => p95));
  if (rows.length === 0) return null;
  return (
    <Section title={words.latency} body={words.latencyBody}>
      <ul aria-label={words.latency} className="flex flex-col gap-3 text-small tabular-nums">
        {rows.map(([name, { p50, p95 }]) => (
          <li key={name} className="grid grid-cols-[5rem_minmax(0,1fr)_9rem] items-center gap-4">
            <span className="text-pencil">{name}</span>
            <span aria-hidden className="relative h-2">
              <span className="absolute inset-y-0 start-0 bg-line" style={{ width: `${(p95 / most) * 100}%` }} />
              <span className="absolute inset-y-0 start-0 bg-pencil" style={{ width: `${(p50 / most) * 100}%` }} />
            </span>
            <span className="text-end">
              {duration(p50)} · {duration(p95)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function ByModel({ models }: { models: Usage["models"] }) {
  const paid = models.some(({ usd }) => usd > 0);
  const heads = [words.model, words.pictures, words.failed, words.median, ...(paid ? [words.spent] : [])];
  const rows = models.map(({ model, pictures, failed, drawing, usd }) => [
    model,
    number(pictures),
    number(failed),
    drawing ? duration(drawing.p50) : "–",
    ...(paid ? [money(usd)] : []),
  ]);
  return (
    <Section title={words.models}>
      <Scrolled name={words.models}>
        <Table heads={heads} rows={rows} />
      </Scrolled>
    </Section>
  );
}

export function People({ people }: { people: NonNullable<Usage["people"]> }) {
  const rows = people.map(({ name, pictures, usd }) => [name, number(pictures), money(usd)]);
  return (
    <Section title={words.people}>
      <Table heads={[words.person, words.pictures, words.spent]} rows={rows} />
    </Section>
  );
}
