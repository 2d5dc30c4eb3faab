import { Circle, CircleCheck, CircleDashed, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { ModelCard, ProviderState } from "@/api/types";
import { Credentials } from "@/features/services/Credentials";
import { Trial } from "@/features/services/Trial";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Folding } from "@/ui/folding";
import { Pairs } from "@/ui/section";

const words = strings.services;
const { dollars } = strings.choice;
const SHAPES = { ready: CircleCheck, resting: CircleDashed, trying: Circle, not: TriangleAlert };

function standing({ ready, circuit }: ProviderState): keyof typeof SHAPES {
  if (circuit === "open") return "resting";
  if (circuit === "half_open") return "trying";
  return ready ? "ready" : "not";
}

interface Props {
  provider: ProviderState;
  cards: readonly ModelCard[];
  admin: boolean;
  creator: boolean;
}

/** One service: whether it can be used, who pays it, what it draws with, and what can be done about it. */
export function Service({ provider, cards, admin, creator }: Props) {
  const [giving, setGiving] = useState(false);
  const { title, ready, reason, drawing, credentials } = provider;
  const state = standing(provider);
  const Shape = SHAPES[state];
  return (
    <li data-service={provider.name} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h3 className="font-medium">{title}</h3>
        <span className="flex items-center gap-2 text-small text-pencil">
          <Shape aria-hidden className="size-3.5" />
          {words.states[state]}
        </span>
        <span className="ms-auto flex gap-1">
          {creator && ready && <Trial provider={provider} cards={cards} />}
          {admin && provider.secrets.length > 0 && (
            <Button kind="quiet" onClick={() => setGiving(true)}>
              {credentials === "workspace" ? words.change : words.give}
            </Button>
          )}
        </span>
      </div>
      {reason && <p className="text-small">{reason}</p>}
      <Pairs
        of={[
          [words.credentials, credentials ? words.whose[credentials] : words.needsNone],
          [words.prices, prices(cards)],
          [words.underWay, drawing ? words.drawing(drawing) : null],
        ]}
      />
      {cards.length > 0 && (
        <Folding name={`service.${provider.name}`} title={words.models} told={words.modelsOf(cards.length)}>
          <Models cards={cards} />
        </Folding>
      )}
      <Credentials provider={provider} open={giving} onClose={() => setGiving(false)} />
    </li>
  );
}

function prices(cards: readonly ModelCard[]): string | null {
  const known = cards.flatMap(({ price_usd }) => (price_usd === null ? [] : [price_usd]));
  return known.length ? words.range(dollars(Math.min(...known)), dollars(Math.max(...known))) : null;
}

const Models = ({ cards }: { cards: readonly ModelCard[] }) => (
  <ul className="flex flex-col gap-3 ps-5.5 text-small tabular-nums">
    {cards.map((card) => (
      <li key={card.id}>
        <span className="flex items-baseline justify-between gap-4">
          <span className="min-w-0 break-words">{card.name}</span>
          <span className="shrink-0">
            {card.price_usd === null ? strings.choice.unpriced : dollars(card.price_usd)}
          </span>
        </span>
        <span className="block text-pencil text-pretty">{card.description}</span>
      </li>
    ))}
  </ul>
);
