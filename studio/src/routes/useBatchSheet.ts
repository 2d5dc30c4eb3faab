import { useEffect, useState } from "react";
import { batchId, setBatchId } from "@/routes/address";

/** The batch whose sheet is open or can be gone back to, kept in the address. */
export function useBatchSheet() {
  const [batch, setBatch] = useState(batchId);
  useEffect(() => {
    const read = () => setBatch(batchId());
    addEventListener("popstate", read);
    return () => removeEventListener("popstate", read);
  }, []);
  const open = (id: string | null) => {
    setBatchId(id);
    setBatch(id);
  };
  return [batch, open] as const;
}
