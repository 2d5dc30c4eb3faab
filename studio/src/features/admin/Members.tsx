import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { getMembers, removeMember, setMember } from "@/api/house";
import type { Member, Role, Workspace } from "@/api/types";
import { useAct } from "@/api/useAct";
import { useUsers } from "@/features/admin/lists";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Labelled } from "@/ui/field";
import { RoleSelect } from "@/ui/role";
import { Select } from "@/ui/select";

const words = strings.admin;
const LISTS = ["members", "audit"];

/** Who is in a workspace, and what they may do there. */
export function Members({ workspace, house }: { workspace: Workspace; house: boolean }) {
  const { data: members } = useQuery({
    queryKey: ["members", workspace.id],
    queryFn: ({ signal }) => getMembers(workspace.id, signal),
  });
  return (
    <>
      {members?.length === 0 && <p className="text-pencil">{words.noMembers}</p>}
      <ul aria-label={words.members(workspace.name)} className="flex flex-col gap-2">
        {members?.map((member) => (
          <Line key={member.user} member={member} />
        ))}
      </ul>
      {house && members && <Admit workspace={workspace.id} members={members} />}
    </>
  );
}

function Line({ member }: { member: Member }) {
  const { workspace, user, name, role } = member;
  const change = useAct((next: Role) => setMember(workspace, user, next), { lists: LISTS });
  const remove = useAct(() => removeMember(workspace, user), { lists: LISTS });
  return (
    <li className="flex items-center gap-3">
      <span className="min-w-0 grow truncate">{name}</span>
      <div className="w-36">
        <RoleSelect bare label={words.role} value={change.variables ?? role} onChange={(next) => change.mutate(next)} />
      </div>
      <Button kind="quiet" onClick={() => remove.mutate(undefined)}>
        {words.takeOut}
      </Button>
    </li>
  );
}

function Admit({ workspace, members }: { workspace: string; members: readonly Member[] }) {
  const name = useId();
  const { items: users = [] } = useUsers();
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Role>("creator");
  const admit = useAct(() => setMember(workspace, user, role), { lists: LISTS, onDone: () => setUser("") });
  const others = users.filter(({ id }) => !members.some((member) => member.user === id));
  if (others.length === 0) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (user) admit.mutate(undefined);
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      <div className="min-w-40 grow">
        <Labelled id={name} label={words.member}>
          <Select
            id={name}
            value={user}
            choices={others.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={setUser}
          />
        </Labelled>
      </div>
      <div className="w-36">
        <RoleSelect label={words.role} value={role} onChange={setRole} />
      </div>
      <Button type="submit" disabled={user === "" || admit.isPending}>
        {words.admit}
      </Button>
    </form>
  );
}
