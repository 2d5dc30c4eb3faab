import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { agreeTo, EXPORT_URL, eraseMe, getPreferences, type Preferences, setPreferences } from "@/api/privacy";
import type { Me } from "@/api/types";
import { useAct } from "@/api/useAct";
import { strings } from "@/strings";
import { Button, buttonLook } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { moment } from "@/ui/moment";
import { Section } from "@/ui/section";
import { toast } from "@/ui/toasts";

const words = strings.privacy;
const KEY = ["preferences"];

/** What is kept of somebody: counted or not, handed over, erased. */
export function Privacy({ me }: { me: Me }) {
  const [erasing, setErasing] = useState(false);
  return (
    <Section title={words.title} body={words.body}>
      <Counting />
      {me.consent && <Agreement consent={me.consent} />}
      <p className="max-w-prose text-small text-pencil">{words.exportBody}</p>
      <div className="flex flex-wrap gap-2">
        <a href={EXPORT_URL} download className={buttonLook({ kind: "plain" })}>
          <Download aria-hidden />
          {words.export}
        </a>
        <Button kind="quiet" onClick={() => setErasing(true)}>
          {words.erase}
        </Button>
      </div>
      <Erasure name={me.name} open={erasing} onClose={() => setErasing(false)} />
    </Section>
  );
}

function Counting() {
  const { data } = useQuery({ queryKey: KEY, queryFn: ({ signal }) => getPreferences(signal) });
  const { mutate } = useAct(setPreferences, { lists: KEY });
  // Until the server's answer is here, or the box would jump back.
  const [wished, setWished] = useState<boolean>();
  const decide = (wish: Preferences) => {
    setWished(wish.analytics);
    mutate(wish, { onSettled: () => setWished(undefined) });
  };
  return (
    <label className="flex items-center gap-3 text-small">
      <input
        type="checkbox"
        disabled={data === undefined}
        checked={wished ?? data?.analytics ?? true}
        onChange={(event) => decide({ analytics: event.target.checked })}
        className="size-4 accent-pencil"
      />
      {words.analytics}
    </label>
  );
}

function Agreement({ consent }: { consent: NonNullable<Me["consent"]> }) {
  const { mutate, isPending } = useAct(agreeTo, { lists: ["me"] });
  return (
    <div className="flex max-w-prose flex-col gap-2 text-small">
      <h3 className="font-medium">{words.consent}</h3>
      <p className="whitespace-pre-line text-pretty">{consent.text}</p>
      {consent.required ? (
        <Button className="self-start" disabled={isPending} onClick={() => mutate(consent.version)}>
          {words.agree}
        </Button>
      ) : (
        consent.acknowledged_at && <p className="text-pencil">{words.agreed(moment(consent.acknowledged_at))}</p>
      )}
    </div>
  );
}

/** Only who writes their name means it. */
function Erasure({ name, open, onClose }: { name: string; open: boolean; onClose(): void }) {
  const [typed, setTyped] = useState("");
  const { mutate, isPending } = useAct(eraseMe, {
    lists: [],
    onDone: ({ pictures = 0, generations = 0 }) => {
      toast(words.erased(pictures, generations));
      location.assign("/");
    },
  });
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={words.eraseTitle}
      closeLabel={strings.shell.close}
      className="max-w-md"
    >
      <form
        className="flex flex-col gap-4 px-6 pb-6"
        onSubmit={(event) => {
          event.preventDefault();
          mutate(typed);
        }}
      >
        <p className="text-small text-pencil">{words.eraseBody}</p>
        <TextField
          label={words.eraseConfirm(name)}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <Button type="submit" kind="primary" className="self-end" disabled={typed !== name || isPending}>
          {words.erase}
        </Button>
      </form>
    </Dialog>
  );
}
