import { RotateCcw } from "lucide-react";
import { useId } from "react";
import { useCard, usePresets } from "@/api/queries";
import { AdaptersSection } from "@/features/recipe/AdaptersSection";
import { presetName } from "@/features/recipe/choices";
import { BLANK, COUNTS, type Draft, type Extras, takes, tierOf } from "@/features/recipe/draft";
import { EstimateNote } from "@/features/recipe/EstimateNote";
import { LargerSection } from "@/features/recipe/LargerSection";
import { ModelField } from "@/features/recipe/ModelField";
import { NoiseSection } from "@/features/recipe/NoiseSection";
import { PromptImageSection } from "@/features/recipe/PromptImageSection";
import { SamplingSection } from "@/features/recipe/SamplingSection";
import { SeedField } from "@/features/recipe/SeedField";
import { SizeField } from "@/features/recipe/SizeField";
import { StartSection } from "@/features/recipe/StartSection";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Button } from "@/ui/button";
import { Field } from "@/ui/labelled";
import { Segmented } from "@/ui/segmented";

const words = strings.parameters;
const OWN = "own";
const STEPS = { least: 1, usual: 60, most: 200 };
const GUIDANCE = { least: 0, usual: 15, most: 50 };

interface Props {
  draft: Draft;
  onDraft(draft: Draft): void;
  /** The seed of the generation in the tray, for the lock to keep. */
  lastSeed: number | null;
  /** Whether the grain of the recipe's noise is to be seen on the print. */
  onGrain(shown: boolean): void;
}

/** The dense column: everything about a picture but its prompt. */
export function Parameters({ draft, onDraft, lastSeed, onGrain }: Props) {
  const card = useCard(draft.model);
  const set = (change: Partial<Draft>) => onDraft({ ...draft, ...change });
  const untouched = { ...BLANK, prompt: draft.prompt, negative: draft.negative, model: draft.model };
  const steps = draft.steps ?? card?.defaults.steps ?? 20;
  return (
    <div className="flex flex-col gap-5">
      <ModelField draft={draft} onDraft={onDraft} />
      {takes(card, "steps") && takes(card, "guidance") && <QualityField draft={draft} set={set} />}
      {takes(card, "steps") && (
        <Amount label={words.steps} value={steps} range={STEPS} onChange={(typed) => set({ steps: typed })} />
      )}
      {takes(card, "guidance") && (
        <Amount
          label={words.guidance}
          value={draft.guidance ?? card?.defaults.guidance ?? 7}
          range={GUIDANCE}
          step={0.5}
          onChange={(guidance) => set({ guidance })}
        />
      )}
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
      {takes(card, "negative_prompt") && <NegativeField draft={draft} set={set} />}
      <Sections draft={draft} onDraft={onDraft} steps={steps} onGrain={onGrain} />
      <EstimateNote draft={draft} />
      <Button kind="quiet" className="self-start -ms-3" onClick={() => onDraft(untouched)}>
        <RotateCcw aria-hidden />
        {words.reset}
      </Button>
    </div>
  );
}

/** What only some need, and only some models can: closed until somebody asks. */
function Sections({ draft, onDraft, steps, onGrain }: Omit<Props, "lastSeed"> & { steps: number }) {
  const card = useCard(draft.model);
  if (card === undefined) return null;
  const { extras } = draft;
  const can = (...wanted: readonly (typeof card.capabilities)[number][]) =>
    wanted.some((capability) => card.capabilities.includes(capability));
  const setExtras = (change: Partial<Extras>) => onDraft({ ...draft, extras: { ...extras, ...change } });
  const size = draft.size ?? { width: card.sizes.width, height: card.sizes.height };
  const write = (word: string) => onDraft({ ...draft, prompt: draft.prompt ? `${draft.prompt}, ${word}` : word });
  return (
    <div className="flex flex-col gap-1">
      {takes(card, "sampler") && <SamplingSection draft={draft} onDraft={onDraft} card={card} />}
      {can("image") && <StartSection extras={extras} set={setExtras} card={card} size={size} steps={steps} />}
      {can("prompt_image") && <PromptImageSection extras={extras} set={setExtras} />}
      {can("injection") && (
        <NoiseSection
          injections={extras.injections}
          onChange={(injections) => setExtras({ injections })}
          steps={steps}
          size={size}
          onShow={onGrain}
        />
      )}
      {can("lora", "control", "ip_adapter") && (
        <AdaptersSection extras={extras} set={setExtras} card={card} onWord={write} />
      )}
      {can("hires") && <LargerSection extras={extras} set={setExtras} size={size} multiple={card.sizes.multiple} />}
    </div>
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
          ...tiers.map((tier) => ({
            value: tier.id,
            label: presetName(tier),
            title: words.qualityTitle(tier.steps, tier.guidance),
          })),
        ]}
        onChange={choose}
      />
    </Field>
  );
}

function NegativeField({ draft, set }: { draft: Draft; set(change: Partial<Draft>): void }) {
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
