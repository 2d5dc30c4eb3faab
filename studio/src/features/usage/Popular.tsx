import type { Usage } from "@/api/usage";
import { NamedBars } from "@/features/usage/Bars";
import { strings } from "@/strings";
import { number } from "@/ui/moment";

const words = strings.usage;

/** What people ask for most, where they let themselves be counted. */
export function Popular({ usage: { named, prompts, words: said, styles } }: { usage: Usage }) {
  if (!named) return <p className="text-small text-pencil">{words.unnamed}</p>;
  const bars = (of: Usage["prompts"]) =>
    of.map(({ name, generations }) => ({ name, value: generations, said: number(generations) }));
  return (
    <div className="grid gap-x-12 gap-y-8 sm:grid-cols-3">
      <NamedBars label={words.prompts} none={words.none} bars={bars(prompts)} />
      <NamedBars label={words.popularWords} none={words.none} bars={bars(said)} />
      <NamedBars label={words.styles} none={words.none} bars={bars(styles)} />
    </div>
  );
}
