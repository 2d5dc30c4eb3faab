import type { Usage } from "@/api/usage";
import { duration, money } from "@/features/usage/numbers";
import { strings } from "@/strings";
import { bytes, number } from "@/ui/moment";

const words = strings.usage;

/** The numbers that are asked for first. */
export function Totals({ usage: { total, moderation, bytes: size } }: { usage: Usage }) {
  const facts: readonly (readonly [string, string])[] = [
    [words.pictures, number(total.pictures)],
    [words.finished, number(total.finished)],
    [words.failed, number(total.failed)],
    [words.cancelled, number(total.cancelled)],
    [words.refused, number(moderation.refused)],
    [words.device, duration(total.device_seconds)],
    [words.spent, money(total.usd)],
    [words.size, bytes(size)],
  ];
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-5 pt-4 sm:grid-cols-4">
      {facts.map(([name, value]) => (
        <div key={name} className="flex flex-col-reverse">
          <dt className="text-small text-pencil">{name}</dt>
          <dd className="text-title font-semibold tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
