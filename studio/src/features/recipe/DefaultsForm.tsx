import { useState } from "react";
import { useCard } from "@/api/queries";
import { BLANK, COUNTS, type Draft, takes } from "@/features/recipe/draft";
import { ModelField } from "@/features/recipe/ModelField";
import { SizeField } from "@/features/recipe/SizeField";
import { recallDefaults, rememberDefaults } from "@/features/recipe/useDraft";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Field } from "@/ui/labelled";
import { Segmented } from "@/ui/segmented";

const words = strings.parameters;

/** What a new draft begins with. */
export function DefaultsForm() {
  const [draft, setDraft] = useState<Draft>(() => ({ ...BLANK, ...recallDefaults() }));
  const card = useCard(draft.model);
  const set = (next: Draft) => {
    rememberDefaults(next);
    setDraft(next);
  };
  return (
    <div className="grid max-w-xl items-start gap-x-8 gap-y-5 sm:grid-cols-2">
      <ModelField draft={draft} onDraft={set} />
      <SizeField draft={draft} card={card} set={(change) => set({ ...draft, ...change })} />
      {takes(card, "steps") && (
        <Amount
          label={words.steps}
          value={draft.steps ?? card?.defaults.steps ?? 20}
          range={{ least: 1, usual: 60, most: 200 }}
          onChange={(steps) => set({ ...draft, steps })}
        />
      )}
      <Field label={words.count} plain>
        <Segmented
          label={words.count}
          value={String(draft.count)}
          segments={COUNTS.map((count) => ({ value: String(count), label: String(count) }))}
          onChange={(count) => set({ ...draft, count: Number(count) })}
        />
      </Field>
    </div>
  );
}
