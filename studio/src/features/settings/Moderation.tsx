import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { FormEvent } from "react";
import { type Category, getRefusals, moderate, type Verdict } from "@/api/privacy";
import { Problem } from "@/api/problem";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { moment } from "@/ui/moment";
import { Section } from "@/ui/section";

const words = strings.moderation;
const REFUSALS = 8;

/** What would be refused; and what was, for those who look after a workspace. */
export function Moderation({ admin }: { admin: boolean }) {
  const client = useQueryClient();
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: moderate,
    onSettled: () => client.invalidateQueries({ queryKey: ["refusals"] }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("text") ?? "").trim();
    if (text) mutate(text);
  };
  return (
    <Section title={words.title} body={words.body}>
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
        <div className="min-w-40 grow">
          <TextField name="text" label={words.text} required maxLength={10_000} autoComplete="off" />
        </div>
        <Button type="submit" disabled={isPending}>
          {words.test}
        </Button>
      </form>
      <div role="status" className="text-small">
        {error instanceof Problem && <p>{error.message}</p>}
        {data?.text && <Said verdict={data.text} />}
      </div>
      {admin && <Refusals />}
    </Section>
  );
}

const named = (categories: readonly Category[]): string => categories.map((one) => words.categories[one]).join(", ");

function Said({ verdict: { allowed, refused_for, scores, reason } }: { verdict: Verdict }) {
  const Shape = allowed ? CircleCheck : TriangleAlert;
  const seen = (Object.entries(scores) as [Category, number][])
    .filter(([, score]) => score >= 0.01)
    .sort(([, a], [, b]) => b - a)
    .map(([category, score]) => words.score(words.categories[category], Math.round(score * 100)));
  return (
    <div className="flex gap-3">
      <Shape aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div>
        <p className="font-medium">{allowed ? words.allowed : words.refused(named(refused_for ?? []))}</p>
        {!allowed && <p className="text-pencil">{reason}</p>}
        {seen.length > 0 && <p className="text-pencil tabular-nums">{words.scores(seen.join(", "))}</p>}
      </div>
    </div>
  );
}

function Refusals() {
  const { data = [] } = useQuery({ queryKey: ["refusals"], queryFn: ({ signal }) => getRefusals(REFUSALS, signal) });
  return (
    <div className="flex flex-col gap-2 text-small">
      <h3 className="font-medium">{words.journal}</h3>
      {data.length === 0 ? (
        <p className="text-pencil">{words.noRefusals}</p>
      ) : (
        <ul className="flex flex-col gap-2">
          {data.map(({ id, created_at, subject, text, verdict }) => (
            <li key={id} className="grid gap-x-6 tabular-nums sm:grid-cols-[10rem_minmax(0,1fr)_auto]">
              <span className="text-pencil">{moment(created_at)}</span>
              <span className="min-w-0 truncate">{text ?? words.subjects[subject]}</span>
              <span className="text-pencil">{named(verdict.refused_for ?? [])}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
