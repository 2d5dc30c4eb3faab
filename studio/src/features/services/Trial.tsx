import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { drawAndWait } from "@/api/client";
import { Problem } from "@/api/problem";
import { surely } from "@/api/surely";
import type { Generation, ModelCard, ProviderState } from "@/api/types";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { locale } from "@/ui/locale";
import { toast } from "@/ui/toasts";

const words = strings.services;

/** The model that costs the least; one whose price nobody knows comes last. */
const cheapest = (cards: readonly ModelCard[]): ModelCard | undefined =>
  [...cards].sort((a, b) => (a.price_usd ?? Number.MAX_VALUE) - (b.price_usd ?? Number.MAX_VALUE))[0];

/** The only honest test of a service: a picture, once it is said what that costs. */
export function Trial({ provider: { title }, cards }: { provider: ProviderState; cards: readonly ModelCard[] }) {
  const client = useQueryClient();
  const [doubting, setDoubting] = useState(false);
  const [testing, setTesting] = useState(false);
  const card = cheapest(cards);
  if (!card) return null;
  const test = async () => {
    setTesting(true);
    const begun = performance.now();
    try {
      const ended = await surely((key) => drawAndWait({ prompt: words.testPrompt, model: card.id }, key));
      toast(outcome(ended, title, performance.now() - begun), { wrong: ended.state === "failed" });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(words.fails(title, [error.message, error.hint].join(" ").trim()), { wrong: true });
    } finally {
      setTesting(false);
      for (const list of ["providers", "pictures", "generations"]) void client.invalidateQueries({ queryKey: [list] });
    }
  };
  const price = card.price_usd === null ? null : strings.choice.dollars(card.price_usd);
  return (
    <>
      <Button disabled={testing} aria-busy={testing} onClick={() => setDoubting(true)}>
        {testing ? words.testing : words.test}
      </Button>
      <Confirm
        open={doubting}
        title={words.testTitle(title)}
        body={words.testBody(card.name, price)}
        action={words.test}
        onConfirm={() => void test()}
        onClose={() => setDoubting(false)}
      />
    </>
  );
}

function outcome({ state, error }: Generation, title: string, ms: number): string {
  if (state === "failed") return words.fails(title, [error?.detail, error?.hint].filter(Boolean).join(" "));
  if (state !== "finished") return words.slow(title);
  return words.works(title, (ms / 1000).toLocaleString(locale(), { maximumFractionDigits: 1 }));
}
