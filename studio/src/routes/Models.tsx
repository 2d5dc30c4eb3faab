import { useStanding } from "@/api/session";
import { AddModel } from "@/features/models/AddModel";
import { Machine } from "@/features/models/Machine";
import { ModelCatalogue } from "@/features/models/ModelCatalogue";
import { PageColumn } from "@/ui/section";

/** What this server can draw with. */
export function Models() {
  const { admin, house } = useStanding();
  return (
    <PageColumn>
      <ModelCatalogue house={house} />
      {house && <AddModel />}
      <Machine admin={admin} />
    </PageColumn>
  );
}
