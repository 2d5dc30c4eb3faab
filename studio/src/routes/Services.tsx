import { useStanding } from "@/api/session";
import { ServiceList } from "@/features/services/ServiceList";
import { PageColumn } from "@/ui/section";

/** Who draws elsewhere, and what it costs. */
export function Services() {
  const { admin, creator } = useStanding();
  return (
    <PageColumn>
      <ServiceList admin={admin} creator={creator} />
    </PageColumn>
  );
}
