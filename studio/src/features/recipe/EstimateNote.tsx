import { TriangleAlert } from "lucide-react";
import { Problem } from "@/api/problem";
import { useCard } from "@/api/queries";
import { useEstimate } from "@/api/writing";
import { type Draft, toWish } from "@/features/recipe/draft";
import { strings } from "@/strings";

const words = strings.estimate;

/** What the recipe would take, before it runs. An image inside of it weighs nothing here, so that none is sent along. */
export function useDraftEstimate(draft: Draft) {
  const card = useCard(draft.model);
  const wish = toWish({ ...draft, prompt: draft.prompt.trim() || words.stand, seed: draft.seed ?? 0 }, card);
  return useEstimate(card ? wish : null);
}

/** Seconds, memory and price; or that it does not fit, and what would. */
export function EstimateNote({ draft }: { draft: Draft }) {
  const { data, error } = useDraftEstimate(draft);
  if (error instanceof Problem && !error.unreachable) {
    return <Warning text={[error.message, error.hint].filter(Boolean).join(" ")} />;
  }
  if (!data) return null;
  if (!data.fits) return <Warning text={[words.doesNotFit, data.hint].filter(Boolean).join(" ")} />;
  const { memory, seconds, price_usd, adaptations } = data;
  const lines = [
    seconds !== null && [words.time, words.about(seconds)],
    memory && [words.memory, words.of(memory.peak_bytes, memory.budget_bytes)],
    price_usd !== null && price_usd > 0 && [words.price, words.dollars(price_usd)],
  ].filter((line): line is [string, string] => Boolean(line));
  return (
    <div data-testid="estimate" className="flex flex-col gap-2 text-small">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 tabular-nums">
        {lines.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-pencil">{name}</dt>
            <dd className="text-end">{value}</dd>
          </div>
        ))}
      </dl>
      {memory && <Gauge used={memory.peak_bytes} of={memory.budget_bytes} />}
      {adaptations.map((one) => (
        <p key={one} className="text-pencil">
          {words.adaptations[one]}
        </p>
      ))}
    </div>
  );
}

function Gauge({ used, of }: { used: number; of: number | null }) {
  if (of === null || of <= 0) return null;
  return (
    <span aria-hidden className="h-0.5 overflow-hidden rounded-full bg-line">
      <span className="block h-full bg-pencil" style={{ width: `${Math.min(100, (used / of) * 100)}%` }} />
    </span>
  );
}

function Warning({ text }: { text: string }) {
  return (
    <p role="status" data-testid="estimate" className="flex gap-2 text-small">
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      {text}
    </p>
  );
}
