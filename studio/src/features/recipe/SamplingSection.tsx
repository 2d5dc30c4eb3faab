import { useId } from "react";
import type { ModelCard, Sampler } from "@/api/types";
import type { Draft } from "@/features/recipe/draft";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Folding } from "@/ui/folding";
import { Field } from "@/ui/labelled";
import { Select } from "@/ui/select";

const words = strings.sampling;
const OWN = "own";

interface Props {
  draft: Draft;
  onDraft(draft: Draft): void;
  card: ModelCard;
}

/** How the noise is taken away: solver, spacing, and how much of the text encoder is heard. */
export function SamplingSection({ draft, onDraft, card }: Props) {
  const ids = { sampler: useId(), schedule: useId() };
  const { extras } = draft;
  const own = card.defaults;
  const sampler = draft.sampler ?? own.sampler;
  const schedule = extras.schedule ?? own.schedule;
  const choose = (chosen: string) => onDraft({ ...draft, sampler: chosen === OWN ? null : (chosen as Sampler) });
  return (
    <Folding name="sampling" title={words.title} told={strings.samplers[sampler]}>
      <Field label={strings.parameters.sampler} id={ids.sampler}>
        <Select
          id={ids.sampler}
          value={sampler === own.sampler ? OWN : sampler}
          choices={card.samplers.map((one) => ({
            value: one === own.sampler ? OWN : one,
            label: one === own.sampler ? strings.parameters.samplerOwn(strings.samplers[one]) : strings.samplers[one],
          }))}
          onChange={choose}
        />
      </Field>
      <Field label={words.schedule} id={ids.schedule}>
        <Select
          id={ids.schedule}
          value={schedule}
          choices={card.schedules.map((one) => ({ value: one, label: words.schedules[one] }))}
          onChange={(chosen) => {
            const found = card.schedules.find((one) => one === chosen) ?? null;
            onDraft({ ...draft, extras: { ...extras, schedule: found === own.schedule ? null : found } });
          }}
        />
      </Field>
      {card.capabilities.includes("clip_skip") && card.clip_skip_limit > 0 && (
        <Amount
          label={words.clipSkip}
          value={extras.clip_skip}
          range={{ least: 0, usual: card.clip_skip_limit, most: card.clip_skip_limit }}
          onChange={(layers) => onDraft({ ...draft, extras: { ...extras, clip_skip: layers ?? 0 } })}
        />
      )}
    </Folding>
  );
}
