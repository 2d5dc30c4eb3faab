import { useStanding } from "@/api/session";
import { AuditLog } from "@/features/admin/AuditLog";
import { Users } from "@/features/admin/Users";
import { Workspaces } from "@/features/admin/Workspaces";
import { strings } from "@/strings";
import { PageColumn } from "@/ui/section";
import { Nothing } from "@/ui/states";

/** Who may do what, and who did. */
export function Admin() {
  const { admin, house } = useStanding();
  if (!admin) {
    return (
      <PageColumn>
        <Nothing title={strings.admin.forbidden} body={strings.admin.forbiddenBody} />
      </PageColumn>
    );
  }
  return (
    <PageColumn>
      {house && <Users />}
      <Workspaces house={house} />
      <AuditLog />
    </PageColumn>
  );
}
