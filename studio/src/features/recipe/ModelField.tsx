import { useId, useState } from "react";
import { useCard, useModels, useProviders } from "@/api/queries";
import type { ModelCard, ProviderState } from "@/api/types";
import { useFits } from "@/api/writing";
import { abilitiesOf, choicesOf, priceOf, standingOf } from "@/features/recipe/choices";
import { type Draft, withModel } from "@/features/recipe/draft";
import { strings } from "@/strings";
import { Field } from "@/ui/labelled";
import { Select } from "@/ui/select";

const words = strings.choice;
const OWN = "own";
const GIGABYTE = 2 ** 30;
const FIELDS = Object.keys(words.fields) as (keyof typeof words.fields)[];

/** Which model draws and where, how near it is to drawing, what it costs, and what it can do. */
export function ModelField({ draft, onDraft }: { draft: Draft; onDraft(draft: Draft): void }) {
  const id = useId();
  const [asked, setAsked] = useState(false);
  const { data: models = [] } = useModels();
  const { data: { items: providers } = { items: [] } } = useProviders();
  const estimates = useFits(asked ? models.filter(({ weights_bytes }) => weights_bytes > 0) : []);
  const card = useCard(draft.model);
  const provider = providers.find(({ name }) => name === card?.provider);
  const choose = (model: string) => {
    const next = models.find((it) => it.id === model);
    if (next) onDraft(withModel(draft, next));
  };
  return (
    <div className="flex flex-col gap-1.5">
      <Field label={strings.parameters.model} id={id}>
        <Select
          id={id}
          value={card?.id ?? OWN}
          choices={
            card
              ? choicesOf(models, { providers, estimates })
              : [{ value: OWN, label: strings.parameters.modelFallback }]
          }
          onOpen={(open) => open && setAsked(true)}
          onChange={choose}
        />
      </Field>
      {card && <Told card={card} provider={provider} />}
      {providers.length > 1 && <Fallback draft={draft} onDraft={onDraft} />}
    </div>
  );
}

/** What there is to know of the model that is chosen. */
function Told({ card, provider }: { card: ModelCard; provider: ProviderState | undefined }) {
  if (!provider?.elsewhere) return <p className="text-small text-pencil">{hereTold(card)}</p>;
  const decided = FIELDS.filter((field) => card.fixed.includes(field)).map((field) => words.fields[field]);
  const first = [provider.title, standingOf(provider), priceOf(card, provider)?.toLowerCase()];
  return (
    <div data-testid="model-told" className="flex flex-col gap-0.5 text-small text-pencil">
      <p className="text-paper">{first.filter(Boolean).join(" · ")}</p>
      <p>
        {words.can(abilitiesOf(card))} {decided.length > 0 && words.decides(decided)}
      </p>
      <p>{words.elsewhere(provider.title)}</p>
    </div>
  );
}

function hereTold(card: ModelCard): string {
  const state = card.state === "loaded" ? strings.model.loaded : strings.model.installed;
  const weight = card.weights_bytes > 0 ? strings.model.gigabytes(card.weights_bytes / GIGABYTE) : null;
  const cannot = (["image", "injection", "steering"] as const).filter((one) => !card.capabilities.includes(one));
  return [state, weight, cannot.length > 0 && strings.model.cannot(cannot)].filter(Boolean).join(" · ");
}

/** Whether whoever else can may go on where the first cannot. */
function Fallback({ draft, onDraft }: { draft: Draft; onDraft(draft: Draft): void }) {
  const { extras } = draft;
  const set = (on: boolean) => onDraft({ ...draft, extras: { ...extras, provider: on ? "auto" : null } });
  return (
    <label title={words.fallbackHint} className="flex items-center gap-2 text-small pointer-coarse:min-h-10">
      <input
        type="checkbox"
        checked={extras.provider !== null}
        onChange={(event) => set(event.target.checked)}
        className="size-4 accent-pencil"
      />
      {words.fallback}
    </label>
  );
}
