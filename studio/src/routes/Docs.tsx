import { Reference } from "@/features/docs/Reference";
import { PageColumn } from "@/ui/section";

/** The API, for those who write programs against it. */
export function Docs() {
  return (
    <PageColumn>
      <Reference />
    </PageColumn>
  );
}
