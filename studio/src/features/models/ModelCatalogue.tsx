import { useQuery } from "@tanstack/react-query";
import { getModels } from "@/api/client";
import { Problem } from "@/api/problem";
import { useProviders } from "@/api/queries";
import type { ModelCard } from "@/api/types";
import { ModelEntry } from "@/features/models/ModelEntry";
import { strings } from "@/strings";
import { Section } from "@/ui/section";
import { Nothing, Trouble, Waiting } from "@/ui/states";

const words = strings.models;

/** Every model the server knows: those that are here, and those that could be. */
export function ModelCatalogue({ house }: { house: boolean }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => getModels(signal),
    refetchInterval: ({ state }) => (state.data?.some((card) => card.state === "downloading") ? 2_000 : 30_000),
  });
  const { data: providers } = useProviders();
  if (!data) {
    return error instanceof Problem ? <Trouble problem={error} onRetry={() => void refetch()} /> : <Waiting />;
  }
  // What others draw with is theirs: it has a page of its own.
  const elsewhere = providers?.items.filter((one) => one.elsewhere).map(({ name }) => name) ?? [];
  const ours = data.filter(({ provider }) => !elsewhere.includes(provider));
  const here = ours.filter(({ state }) => state === "installed" || state === "loaded");
  const others = ours.filter((card) => !here.includes(card));
  return (
    <>
      <Section title={words.here}>
        {here.length ? <Entries cards={here} house={house} /> : <Nothing title={words.none} />}
      </Section>
      {others.length > 0 && (
        <Section title={words.catalogue}>
          <Entries cards={others} house={house} />
        </Section>
      )}
    </>
  );
}

const Entries = ({ cards, house }: { cards: readonly ModelCard[]; house: boolean }) => (
  <ul className="flex flex-col gap-8">
    {cards.map((card) => (
      <ModelEntry key={card.id} card={card} house={house} />
    ))}
  </ul>
);
