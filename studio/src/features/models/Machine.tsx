import { useQuery } from "@tanstack/react-query";
import { getDiagnostics } from "@/api/house";
import { useProviders } from "@/api/queries";
import { strings } from "@/strings";
import { bytes } from "@/ui/moment";
import { Pairs, Section } from "@/ui/section";

const words = strings.models;

/** What the models are computed on, and how much of it is taken. */
export function Machine({ admin }: { admin: boolean }) {
  const { data: providers } = useProviders();
  const { data } = useQuery({
    queryKey: ["diagnostics"],
    queryFn: ({ signal }) => getDiagnostics(signal),
    enabled: admin,
    refetchInterval: 30_000,
  });
  const memory = data?.machine;
  return (
    <Section title={words.machine}>
      <Pairs
        of={[
          ...(providers?.items ?? [])
            .filter(({ elsewhere }) => !elsewhere)
            .map(
              ({ name, device, ready, reason }) =>
                [name, ready ? `${words.device}: ${device}` : words.notReady(reason ?? "")] as const,
            ),
          [
            words.memory,
            memory?.memory_bytes && memory.resident_bytes
              ? words.memoryOf(bytes(memory.resident_bytes), bytes(memory.memory_bytes))
              : null,
          ],
          [words.disk, memory ? bytes(memory.disk_free_bytes) : null],
          [words.queue, data ? words.queueOf(data.queue.running, data.queue.waiting) : null],
        ]}
      />
    </Section>
  );
}
