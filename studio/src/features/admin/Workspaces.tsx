import { type FormEvent, useState } from "react";
import { makeWorkspace, removeWorkspace } from "@/api/house";
import type { Workspace } from "@/api/types";
import { useAct } from "@/api/useAct";
import { useWorkspaces } from "@/features/admin/lists";
import { Members } from "@/features/admin/Members";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { TextField } from "@/ui/field";
import { More } from "@/ui/more";
import { Section } from "@/ui/section";

const words = strings.admin;
const LISTS = ["workspaces", "audit"];

/** Workspaces, and who is in each. */
export function Workspaces({ house }: { house: boolean }) {
  const { items, more } = useWorkspaces();
  const [doomed, setDoomed] = useState<Workspace | null>(null);
  const remove = useAct(removeWorkspace, { lists: LISTS });
  return (
    <Section title={words.workspaces} body={words.workspacesBody}>
      {house && <WorkspaceMaker />}
      <ul className="flex flex-col gap-6 text-small">
        {items?.map((workspace) => (
          <li key={workspace.id} className="flex flex-col gap-2">
            <div className="flex items-center gap-4">
              <h3 className="min-w-0 grow truncate font-medium">{workspace.name}</h3>
              {house && workspace.id !== "default" && (
                <Button kind="quiet" onClick={() => setDoomed(workspace)}>
                  {words.remove}
                </Button>
              )}
            </div>
            <Members workspace={workspace} house={house} />
          </li>
        ))}
      </ul>
      <More more={more} />
      <Confirm
        open={doomed !== null}
        title={words.removeWorkspace(doomed?.name ?? "")}
        body={words.removeWorkspaceBody}
        action={words.remove}
        onConfirm={() => doomed && remove.mutate(doomed.id)}
        onClose={() => setDoomed(null)}
      />
    </Section>
  );
}

function WorkspaceMaker() {
  const { mutate, isPending } = useAct(makeWorkspace, { lists: LISTS });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    mutate(String(new FormData(form).get("name")).trim(), { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      <div className="min-w-40 grow">
        <TextField name="name" label={words.name} required maxLength={100} autoComplete="off" />
      </div>
      <Button type="submit" disabled={isPending}>
        {words.makeWorkspace}
      </Button>
    </form>
  );
}
