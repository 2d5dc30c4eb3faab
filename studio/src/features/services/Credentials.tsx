import type { FormEvent } from "react";
import { useState } from "react";
import { giveCredentials, takeCredentials } from "@/api/house";
import type { ProviderState } from "@/api/types";
import { useAct } from "@/api/useAct";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { toast } from "@/ui/toasts";

const words = strings.services;
const LISTS = ["providers"];

interface Props {
  provider: ProviderState;
  open: boolean;
  onClose(): void;
}

const labelOf = (secret: string): string => {
  const name = secret.replace("?", "");
  const said = name in words.names ? words.names[name as keyof typeof words.names] : name;
  return secret.endsWith("?") ? words.optional(said) : said;
};

/** Lets the workspace into a service as itself; what is typed is sent once, and shown nowhere again. */
export function Credentials({ provider, open, onClose }: Props) {
  const { name, title, secrets, credentials } = provider;
  const [doubting, setDoubting] = useState(false);
  const give = useAct(giveCredentials, {
    lists: LISTS,
    onDone: () => {
      toast(words.given(title));
      onClose();
    },
  });
  const take = useAct(takeCredentials, {
    lists: LISTS,
    onDone: () => {
      toast(words.forgotten(title));
      onClose();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = [...new FormData(event.currentTarget)].map(
      ([field, value]) => [field, String(value).trim()] as const,
    );
    const values = Object.fromEntries(typed.filter(([, value]) => value !== ""));
    if (Object.keys(values).length > 0) give.mutate({ provider: name, values });
  };
  return (
    <>
      <Dialog
        open={open}
        onOpenChange={(next) => !next && onClose()}
        title={words.giveTitle(title)}
        closeLabel={strings.shell.close}
        className="max-w-md"
      >
        <form onSubmit={submit} className="flex flex-col gap-4 px-6 pb-6">
          <p className="text-small text-pencil">{words.giveBody}</p>
          {secrets.map((secret) => (
            <TextField
              key={secret}
              name={secret.replace("?", "")}
              label={labelOf(secret)}
              type={/key|token|secret/.test(secret) ? "password" : "text"}
              required={!secret.endsWith("?")}
              maxLength={4096}
              autoComplete="off"
              spellCheck={false}
            />
          ))}
          <div className="flex justify-end gap-2 pt-2">
            {credentials === "workspace" && (
              <Button kind="quiet" onClick={() => setDoubting(true)}>
                {words.takeBack}
              </Button>
            )}
            <Button type="submit" kind="primary" disabled={give.isPending}>
              {words.keep}
            </Button>
          </div>
        </form>
      </Dialog>
      <Confirm
        open={doubting}
        title={words.takeBackTitle(title)}
        body={words.takeBackBody}
        action={words.takeBack}
        onConfirm={() => take.mutate(name)}
        onClose={() => setDoubting(false)}
      />
    </>
  );
}
