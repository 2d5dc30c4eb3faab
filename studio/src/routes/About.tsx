import { useQuery } from "@tanstack/react-query";
import { ClipboardCopy } from "lucide-react";
import { getDiagnostics, getVersion } from "@/api/house";
import { useStanding } from "@/api/session";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { copy } from "@/ui/copy";
import { Lamp } from "@/ui/lamp";
import { PageColumn, Pairs, Section } from "@/ui/section";

const words = strings.about;

/** What this is, and what to say when something is wrong with it. */
export function About() {
  const { admin } = useStanding();
  const { data: version } = useQuery({ queryKey: ["version"], queryFn: ({ signal }) => getVersion(signal) });
  const { data: report } = useQuery({
    queryKey: ["diagnostics"],
    queryFn: ({ signal }) => getDiagnostics(signal),
    enabled: admin,
  });
  const text = JSON.stringify(report, null, 2);
  return (
    <PageColumn>
      <div className="flex flex-col items-center gap-3 pt-8 text-center">
        <Lamp className="size-20" />
        <h2 className="text-title font-semibold">{strings.name}</h2>
        <p className="max-w-md text-pencil text-balance">{words.body}</p>
        <Pairs
          of={[
            [words.version, version],
            [words.license, words.licenseName],
          ]}
        />
      </div>
      {report && (
        <Section title={words.report} body={words.reportBody}>
          <Button className="self-start" onClick={() => void copy(text)}>
            <ClipboardCopy aria-hidden />
            {words.copy}
          </Button>
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it
            tabIndex={0}
            className="max-h-96 overflow-auto rounded-control bg-tray p-4 text-small"
          >
            {text}
          </pre>
        </Section>
      )}
    </PageColumn>
  );
}
