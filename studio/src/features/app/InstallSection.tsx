import { takeOffer, useOffer } from "@/features/app/installing";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Section } from "@/ui/section";
import { toast } from "@/ui/toasts";

const words = strings.app;

/** The studio as a program of its own; only where the browser offers it. */
export function InstallSection() {
  if (!useOffer()) return null;
  const install = async () => {
    if (await takeOffer()) toast(words.installed);
  };
  return (
    <Section title={words.title} body={words.body}>
      <Button className="self-start" onClick={() => void install()}>
        {words.install}
      </Button>
    </Section>
  );
}
