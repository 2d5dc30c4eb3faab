import { UsageReport } from "@/features/usage/UsageReport";
import { PageColumn } from "@/ui/section";

/** What the server was used for. */
export function Usage() {
  return (
    <PageColumn>
      <UsageReport />
    </PageColumn>
  );
}
