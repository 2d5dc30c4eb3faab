import { RotateCcw } from "lucide-react";
import { type ReactNode, useId } from "react";
import { useCard, useModels, usePresets } from "@/api/queries";
import type { ModelCard, Sampler } from "@/api/types";
import { BLANK, COUNTS, type Draft, tierOf, withModel } from "@/features/recipe/draft";
import { SeedField } from "@/features/recipe/SeedField";
import { SizeField } from "@/features/recipe/SizeField";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { NumberField } from "@/ui/number";
import { Segmented } from "@/ui/segmented";
import { Select } from "@/ui/select";
import { Slider } from "@/ui/slider";

const words = strings.parameters;
const OWN = "own";
const STEPS = { least: 1, usual: 60, most: 200 };
const GUIDANCE = { least: 0, usual: 15, most: 50 };

interface Props {
  draft: Draft;
  onDraft(draft: Draft): void;
  /** The seed of the generation in the tray, for the lock to keep. */
  lastSeed: number | null;
}

/** The dense column: everything about a picture but its prompt. */
export function Parameters({ draft, onDraft, lastSeed }: Props) {
  const card = useCard(draft.model);
  const set = (change: Partial<Draft>) => onDraft({ ...draft, ...change });
  const untouched = { ...BLANK, prompt: draft.prompt, negative: draft.negative, model: draft.model };
  return (
    <div className="flex flex-col gap-5">
      <ModelField draft={draft} onDraft={onDraft} />
      <QualityField draft={draft} set={set} />
      <Amount
        label={words.steps}
        value={draft.steps ?? card?.defaults.steps ?? 20}
        range={STEPS}
        onChange={(steps) => set({ steps })}
      />
      <Amount
        label={words.guidance}
        value={draft.guidance ?? card?.defaults.guidance ?? 7}
        range={GUIDANCE}
        fine
        onChange={(guidance) => set({ guidance })}
      />
      <SamplerField draft={draft} card={card} set={set} />
      <SizeField draft={draft} card={card} set={set} />
      <SeedField seed={draft.seed} last={lastSeed} onChange={(seed) => set({ seed })} />
      <Field label={words.count} plain>
        <Segmented
          label={words.count}
          value={String(draft.count)}
          segments={COUNTS.map((count) => ({ value: String(count), label: String(count) }))}
          onChange={(count) => set({ count: Number(count) })}
        />
      </Field>
      <NegativeField draft={draft} set={set} />
      <Button kind="quiet" className="self-start -ml-3" onClick={() => onDraft(untouched)}>
        <RotateCcw aria-hidden />
        {words.reset}
      </Button>
    </div>
  );
}

/** A label over its control. `plain` where the control names itself. */
export function Field({
  label,
  id,
  plain = false,
  children,
}: {
  label: string;
  id?: string;
  plain?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="flex flex-col gap-1.5">
      {plain ? (
        <span aria-hidden className="text-small text-pencil">
          {label}
        </span>
      ) : (
        <label htmlFor={id} className="text-small text-pencil">
          {label}
        </label>
      )}
      {children}
    </div>
  );
}

function ModelField({ draft, onDraft }: Pick<Props, "draft" | "onDraft">) {
  const id = useId();
  const { data: models = [] } = useModels();
  const card = useCard(draft.model);
  const choose = (model: string) => {
    const next = models.find((it) => it.id === model);
    if (next) onDraft(withModel(draft, next));
  };
  return (
    <Field label={words.model} id={id}>
      <Select
        id={id}
        value={card?.id ?? OWN}
        choices={
          card
            ? models.map(({ id, name }) => ({ value: id, label: name }))
            : [{ value: OWN, label: words.modelFallback }]
        }
        onChange={choose}
      />
    </Field>
  );
}

function QualityField({ draft, set }: { draft: Draft; set(change: Partial<Draft>): void }) {
  const { data: presets } = usePresets();
  const tiers = presets?.tiers ?? [];
  const own = draft.steps === null && draft.guidance === null;
  const choose = (value: string) => {
    const tier = tiers.find((it) => it.id === value);
    set({ steps: tier?.steps ?? null, guidance: tier?.guidance ?? null });
  };
  return (
    <Field label={words.quality} plain>
      <Segmented
        label={words.quality}
        value={own ? OWN : (tierOf(draft, tiers)?.id ?? "")}
        segments={[
          { value: OWN, label: words.qualityOwn, title: words.qualityOwnTitle },
          ...tiers.map(({ id, name, steps, guidance }) => ({
            value: id,
            label: name,
            title: words.qualityTitle(steps, guidance),
          })),
        ]}
        onChange={choose}
      />
    </Field>
  );
}

interface AmountProps {
  label: string;
  value: number;
  /** The slider ends at `usual`; the number may go to `most`. */
  range: { least: number; usual: number; most: number };
  fine?: boolean;
  onChange(value: number | null): void;
}

function Amount({ label, value, range, fine = false, onChange }: AmountProps) {
  const id = useId();
  return (
    <div className="flex flex-col">
      <div className="flex items-center justify-between gap-4">
        <label htmlFor={id} className="text-small text-pencil">
          {label}
        </label>
        <NumberField
          id={id}
          value={value}
          min={range.least}
          max={range.most}
          whole={!fine}
          onChange={onChange}
          className="w-16 text-right"
        />
      </div>
      <Slider
        label={label}
        value={value}
        min={range.least}
        max={range.usual}
        step={fine ? 0.5 : 1}
        onChange={onChange}
      />
    </div>
  );
}

interface FieldProps {
  draft: Draft;
  card: ModelCard | undefined;
  set(change: Partial<Draft>): void;
}

function SamplerField({ draft, card, set }: FieldProps) {
  const id = useId();
  const named = (sampler: Sampler) => strings.samplers[sampler];
  const own = card?.defaults.sampler;
  const choices = (card?.samplers ?? []).map((sampler) => ({
    value: sampler === own ? OWN : sampler,
    label: sampler === own ? words.samplerOwn(named(sampler)) : named(sampler),
  }));
  const value = draft.sampler === null || draft.sampler === own ? OWN : draft.sampler;
  return (
    <Field label={words.sampler} id={id}>
      <Select
        id={id}
        value={value}
        choices={choices}
        onChange={(chosen) => set({ sampler: chosen === OWN ? null : (chosen as Sampler) })}
      />
    </Field>
  );
}

function NegativeField({ draft, set }: Pick<FieldProps, "draft" | "set">) {
  const id = useId();
  return (
    <Field label={words.negative} id={id}>
      <textarea
        id={id}
        rows={2}
        maxLength={10_000}
        value={draft.negative}
        onChange={(event) => set({ negative: event.target.value })}
        placeholder={words.negativePlaceholder}
        className="field-sizing-content max-h-32 resize-none rounded-control bg-raised px-3 py-1.5 text-small hover:bg-line focus:bg-line transition-colors duration-100"
      />
    </Field>
  );
}
