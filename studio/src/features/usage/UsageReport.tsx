import { useState } from "react";
import { Problem } from "@/api/problem";
import { type Usage, useUsage } from "@/api/usage";
import { NamedBars } from "@/features/usage/Bars";
import { Chart } from "@/features/usage/Chart";
import { duration, money } from "@/features/usage/numbers";
import { Popular } from "@/features/usage/Popular";
import { Totals } from "@/features/usage/Totals";
import { ByModel, Latency, People } from "@/features/usage/tables";
import { strings } from "@/strings";
import { number } from "@/ui/moment";
import { Section } from "@/ui/section";
import { Segmented } from "@/ui/segmented";
import { Nothing, Trouble, Waiting } from "@/ui/states";

const words = strings.usage;
const DAYS = { week: 7, month: 30, quarter: 90, year: 365 } as const;
type Span = keyof typeof DAYS;

/** What was drawn, how long it took, what it cost, and what is liked. */
export function UsageReport() {
  const [span, setSpan] = useState<Span>("month");
  const { data, error, refetch } = useUsage(DAYS[span]);
  return (
    <>
      <Section title={words.title} body={words.body}>
        <div className="max-w-sm">
          <Segmented
            label={words.span}
            value={span}
            segments={(Object.keys(DAYS) as Span[]).map((value) => ({ value, label: words.spans[value] }))}
            onChange={(next) => setSpan(next as Span)}
          />
        </div>
        {data && <Totals usage={data} />}
      </Section>
      {!data && (error instanceof Problem ? <Trouble problem={error} onRetry={() => void refetch()} /> : <Waiting />)}
      {data &&
        (data.total.generations > 0 || data.moderation.refused > 0 ? (
          <Report usage={data} />
        ) : (
          <Nothing title={words.nothing} body={words.nothingBody} />
        ))}
    </>
  );
}

function Report({ usage }: { usage: Usage }) {
  const { days, total, moderation, failures, providers } = usage;
  const { categories } = strings.moderation;
  return (
    <>
      <Chart name={words.perDay} points={days.map(({ day, pictures }) => ({ day, value: pictures }))} said={number} />
      {total.usd > 0 && (
        <Chart name={words.spend} points={days.map(({ day, usd }) => ({ day, value: usd }))} said={money} />
      )}
      <Latency latency={usage.latency} />
      <div className="grid gap-x-12 gap-y-8 sm:grid-cols-2">
        <NamedBars
          label={words.providers}
          none={words.none}
          bars={providers.map(({ provider, pictures, device_seconds, usd }) => ({
            name: provider ?? words.gone,
            value: pictures,
            said: [number(pictures), usd > 0 ? money(usd) : device_seconds > 0 && duration(device_seconds)]
              .filter(Boolean)
              .join(" · "),
          }))}
        />
        <NamedBars
          label={words.moderation}
          none={words.none}
          bars={[
            { name: words.allowed, value: moderation.allowed, said: number(moderation.allowed) },
            ...moderation.categories.map(({ category, count }) => ({
              name: `${words.refused}: ${categories[category]}`,
              value: count,
              said: number(count),
            })),
          ].filter(({ value }) => value > 0)}
        />
      </div>
      <ByModel models={usage.models} />
      <Popular usage={usage} />
      {failures.length > 0 && (
        <NamedBars
          label={words.failures}
          none={words.none}
          bars={failures.map(({ code, generations }) => ({
            name: code,
            value: generations,
            said: number(generations),
          }))}
        />
      )}
      {usage.people && usage.people.length > 1 && <People people={usage.people} />}
    </>
  );
}
