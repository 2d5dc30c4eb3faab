import { useQuery } from "@tanstack/react-query";
import { getModels } from "@/api/client";
import { Problem } from "@/api/problem";
import { useProviders } from "@/api/queries";
import { Money } from "@/features/services/Money";
import { Service } from "@/features/services/Service";
import { strings } from "@/strings";
import { Section } from "@/ui/section";
import { Nothing, Trouble, Waiting } from "@/ui/states";

const words = strings.services;

/** Who draws elsewhere, how they are, and what it costs. */
export function ServiceList({ admin, creator }: { admin: boolean; creator: boolean }) {
  const { data, error, refetch } = useProviders();
  const { data: cards = [] } = useQuery({ queryKey: ["models"], queryFn: ({ signal }) => getModels(signal) });
  if (!data) {
    return error instanceof Problem ? <Trouble problem={error} onRetry={() => void refetch()} /> : <Waiting />;
  }
  const elsewhere = data.items.filter((one) => one.elsewhere);
  if (elsewhere.length === 0) return <Nothing title={words.none} body={words.noneBody} />;
  return (
    <>
      {data.budget && <Money budget={data.budget} />}
      <Section title={words.title} body={words.body}>
        <ul className="flex flex-col gap-10 pt-2">
          {elsewhere.map((one) => (
            <Service
              key={one.name}
              provider={one}
              cards={cards.filter(({ provider }) => provider === one.name)}
              admin={admin}
              creator={creator}
            />
          ))}
        </ul>
      </Section>
    </>
  );
}
