import { Copy } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { makeKey } from "@/api/house";
import type { Role } from "@/api/types";
import { useAct } from "@/api/useAct";
import { strings } from "@/strings";
import { Button, IconButton } from "@/ui/button";
import { copy } from "@/ui/copy";
import { Labelled, TextField } from "@/ui/field";
import { RoleSelect } from "@/ui/role";
import { Select } from "@/ui/select";

const words = strings.settings;
const DAYS = { never: null, month: 30, year: 365 } as const;
type End = keyof typeof DAYS;

const endOf = (end: End): string | null => {
  const days = DAYS[end];
  return days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString();
};

/** Makes a key, and shows its secret the one time that it can be seen. */
export function KeyMaker() {
  const name = useId();
  const [role, setRole] = useState<Role>("creator");
  const [end, setEnd] = useState<End>("never");
  const { mutate, data, isPending } = useAct(makeKey, { lists: ["keys"] });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const named = String(new FormData(form).get("name") ?? "").trim();
    if (named) mutate({ name: named, role, expires_at: endOf(end) }, { onSuccess: () => form.reset() });
  };
  return (
    <>
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
        <div className="min-w-40 grow">
          <TextField name="name" label={words.keyName} required maxLength={100} autoComplete="off" />
        </div>
        <div className="w-36">
          <RoleSelect label={words.keyRole} value={role} onChange={setRole} />
        </div>
        <div className="w-36">
          <Labelled id={name} label={words.keyEnds}>
            <Select
              id={name}
              value={end}
              choices={Object.entries(words.ends).map(([value, label]) => ({ value, label }))}
              onChange={(next) => setEnd(next as End)}
            />
          </Labelled>
        </div>
        <Button type="submit" disabled={isPending}>
          {words.makeKey}
        </Button>
      </form>
      {data && (
        <div className="flex items-end gap-1">
          <div className="grow">
            <TextField
              label={words.secret}
              hint={words.secretHint}
              readOnly
              value={data.secret}
              onFocus={(event) => event.target.select()}
            />
          </div>
          <IconButton label={words.copySecret} className="mb-6" onClick={() => void copy(data.secret)}>
            <Copy aria-hidden />
          </IconButton>
        </div>
      )}
    </>
  );
}
