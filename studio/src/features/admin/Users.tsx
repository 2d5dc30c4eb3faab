import { type FormEvent, useState } from "react";
import { makeUser, removeUser, setPassword } from "@/api/house";
import type { User } from "@/api/types";
import { useAct } from "@/api/useAct";
import { useUsers } from "@/features/admin/lists";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { moment } from "@/ui/moment";
import { More } from "@/ui/more";
import { Section } from "@/ui/section";
import { toast } from "@/ui/toasts";

const words = strings.admin;
const LISTS = ["users", "members", "audit"];
const PASSWORD = {
  type: "password",
  minLength: 12,
  maxLength: 1000,
  required: true,
  autoComplete: "new-password",
} as const;

/** People who sign in with a password. */
export function Users() {
  const { items, more } = useUsers();
  const [doomed, setDoomed] = useState<User | null>(null);
  const [renewing, setRenewing] = useState<User | null>(null);
  const remove = useAct(removeUser, { lists: LISTS });
  return (
    <Section title={words.users} body={words.usersBody}>
      <UserMaker />
      <ul aria-label={words.users} className="flex flex-col gap-1 text-small">
        {items?.map((user) => (
          <li key={user.id} className="flex flex-wrap items-center gap-x-4">
            <span className="min-w-0 grow truncate">
              {user.name} <span className="text-pencil tabular-nums">{moment(user.created_at)}</span>
            </span>
            <Button kind="quiet" onClick={() => setRenewing(user)}>
              {words.newPassword}
            </Button>
            <Button kind="quiet" onClick={() => setDoomed(user)}>
              {words.remove}
            </Button>
          </li>
        ))}
      </ul>
      <More more={more} />
      <PasswordDialog user={renewing} onClose={() => setRenewing(null)} />
      <Confirm
        open={doomed !== null}
        title={words.removeUser(doomed?.name ?? "")}
        body={words.removeUserBody}
        action={words.remove}
        onConfirm={() => doomed && remove.mutate(doomed.id)}
        onClose={() => setDoomed(null)}
      />
    </Section>
  );
}

function UserMaker() {
  const { mutate, isPending } = useAct(makeUser, { lists: LISTS });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const wish = { name: String(fields.get("name")).trim(), password: String(fields.get("password")) };
    mutate(wish, { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-start gap-3">
      <div className="min-w-40 grow">
        <TextField name="name" label={words.name} required maxLength={100} autoComplete="off" />
      </div>
      <div className="min-w-40 grow">
        <TextField name="password" label={words.password} hint={words.passwordHint} {...PASSWORD} />
      </div>
      <Button type="submit" disabled={isPending} className="mt-6">
        {words.makeUser}
      </Button>
    </form>
  );
}

function PasswordDialog({ user, onClose }: { user: User | null; onClose(): void }) {
  const { mutate, isPending } = useAct(
    ({ id, password }: { id: string; password: string }) => setPassword(id, password),
    {
      lists: ["audit"],
      onDone: () => {
        toast(words.passwordSet);
        onClose();
      },
    },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (user) mutate({ id: user.id, password: String(new FormData(event.currentTarget).get("password")) });
  };
  return (
    <Dialog
      open={user !== null}
      onOpenChange={(open) => !open && onClose()}
      title={user?.name ?? ""}
      closeLabel={strings.shell.close}
      className="max-w-md"
    >
      <form onSubmit={submit} className="flex flex-col gap-4 px-6 pb-6">
        <TextField name="password" label={words.newPassword} hint={words.passwordHint} {...PASSWORD} />
        <Button kind="primary" type="submit" disabled={isPending} className="self-end">
          {words.setPassword}
        </Button>
      </form>
    </Dialog>
  );
}
