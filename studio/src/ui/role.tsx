import { useId } from "react";
import type { Role } from "@/api/types";
import { strings } from "@/strings";
import { Labelled } from "@/ui/field";
import { Select } from "@/ui/select";

interface Props {
  label: string;
  /** The label is heard, not seen. */
  bare?: boolean;
  value: Role;
  onChange(role: Role): void;
}

/** What somebody may do. */
export function RoleSelect({ label, bare, value, onChange }: Props) {
  const id = useId();
  const choices = Object.entries(strings.shell.roles).map(([role, name]) => ({ value: role, label: name }));
  return (
    <Labelled id={id} label={label} hidden={bare}>
      <Select id={id} value={value} choices={choices} onChange={(role) => onChange(role as Role)} />
    </Labelled>
  );
}
