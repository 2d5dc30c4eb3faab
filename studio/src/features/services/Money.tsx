import type { ProviderList } from "@/api/types";
import { strings } from "@/strings";
import { Section } from "@/ui/section";

const words = strings.services;
const { dollars } = strings.choice;

/** What the workspace has paid, beside what it may. */
export function Money({ budget }: { budget: NonNullable<ProviderList["budget"]> }) {
  const paid = (usd: number) => (usd === 0 ? "$0" : dollars(usd));
  return (
    <Section title={words.spent} body={words.spentBody}>
      <dl className="grid gap-x-12 gap-y-4 text-small tabular-nums sm:grid-cols-2">
        <Meter name={words.today} spent={budget.day_usd} cap={budget.day_cap_usd} paid={paid} />
        <Meter name={words.month} spent={budget.month_usd} cap={budget.month_cap_usd} paid={paid} />
      </dl>
    </Section>
  );
}

interface MeterProps {
  name: string;
  spent: number;
  cap: number | null;
  paid(usd: number): string;
}

function Meter({ name, spent, cap, paid }: MeterProps) {
  return (
    <div className="relative flex items-baseline justify-between gap-4 pb-2.5">
      <dt className="text-pencil">{name}</dt>
      <dd>
        {words.ofCap(paid(spent), cap === null ? null : paid(cap))}
        {cap !== null && (
          <span aria-hidden className="absolute inset-x-0 bottom-0 h-1 overflow-hidden rounded-full bg-line">
            <span
              className="block h-full bg-paper"
              style={{ width: `${Math.min(100, (spent / (cap || 1)) * 100)}%` }}
            />
          </span>
        )}
      </dd>
    </div>
  );
}
