import type { FormEvent } from "react";
import { addModel } from "@/api/house";
import { useAct } from "@/api/useAct";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Section } from "@/ui/section";
import { toast } from "@/ui/toasts";

const words = strings.models;

/** A model from the hub, or from the server's own disk. */
export function AddModel() {
  const { mutate, isPending } = useAct(addModel, {
    lists: ["models"],
    onDone: (card) => toast(card.state === "downloading" ? words.onItsWay(card.name) : words.added(card.name)),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const source = String(new FormData(form).get("source") ?? "").trim();
    if (source) mutate(source, { onSuccess: () => form.reset() });
  };
  return (
    <Section title={words.add}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          name="source"
          label={words.addLabel}
          hint={words.addHint}
          required
          maxLength={1000}
          autoComplete="off"
        />
        <Button type="submit" disabled={isPending} className="self-start">
          {words.addAction}
        </Button>
      </form>
    </Section>
  );
}
