// The models of every provider, as the choice of one says them: what it costs, how near it is, what it takes. Pure.
import type { Estimate, ModelCard, ProviderState } from "@/api/types";
import { strings } from "@/strings";
import type { Choice, ChoiceGroup } from "@/ui/select";

const words = strings.choice;
const GIGABYTE = 2 ** 30;
/** What is worth saying of a model, in the order in which people ask for it. */
const TOLD = Object.keys(words.abilities) as (keyof typeof words.abilities)[];

const size = (bytes: number): string => strings.model.gigabytes(bytes / GIGABYTE);

/** What of it only some models take, in words. */
export const abilitiesOf = (card: ModelCard): readonly string[] =>
  TOLD.filter((one) => card.capabilities.includes(one)).map((one) => words.abilities[one]);

/** How a provider is. */
export function standingOf({ ready, reason, circuit, elsewhere }: ProviderState): string | undefined {
  if (circuit === "open") return words.resting;
  if (circuit === "half_open") return words.trying;
  if (!ready) return reason ?? undefined;
  return elsewhere ? words.ready : undefined;
}

/** Whether its memory is enough, once that was asked. */
export function fitOf({ fits, memory }: Estimate): string | undefined {
  if (!fits) return words.tooLarge;
  return memory?.budget_bytes ? words.fits(size(memory.peak_bytes), size(memory.budget_bytes)) : undefined;
}

export function priceOf(card: ModelCard, provider: ProviderState | undefined): string | null {
  if (!provider?.elsewhere) return null;
  return card.price_usd === null ? words.unpriced : words.each(card.price_usd);
}

function choiceOf(card: ModelCard, provider: ProviderState | undefined, estimate: Estimate | undefined): Choice {
  const fit = estimate && fitOf(estimate);
  const here = card.state === "loaded" ? strings.model.loaded : size(card.weights_bytes);
  return {
    value: card.id,
    label: card.name,
    note: priceOf(card, provider) ?? fit ?? here,
    more: words.can(abilitiesOf(card)),
    disabled: provider?.elsewhere === true && !provider.ready,
  };
}

interface Known {
  readonly providers: readonly ProviderState[];
  readonly estimates: ReadonlyMap<string, Estimate>;
}

/** One group for each provider that has models, in the server's order; no groups where there is only this machine. */
export function choicesOf(
  cards: readonly ModelCard[],
  { providers, estimates }: Known,
): readonly Choice[] | readonly ChoiceGroup[] {
  const named = [...new Set(cards.map(({ provider }) => provider))];
  const groups = named.map((name) => {
    const provider = providers.find((one) => one.name === name);
    return {
      title: provider?.elsewhere ? provider.title : words.here,
      note: provider && standingOf(provider),
      choices: cards
        .filter((card) => card.provider === name)
        .map((card) => choiceOf(card, provider, estimates.get(card.id))),
    };
  });
  return groups.length === 1 ? (groups[0]?.choices ?? []) : groups;
}

/** What a preset of the server's is called here. */
export const presetName = ({ id, name }: { readonly id: string; readonly name: string }): string =>
  (strings.parameters.named as Readonly<Record<string, string>>)[id] ?? name;
