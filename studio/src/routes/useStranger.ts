import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { onStranger } from "@/api/ask";

/** Leads to the sign-in page when the server knows nobody any more, and remembers the way back. */
export function useStranger(): void {
  const navigate = useNavigate();
  const client = useQueryClient();
  useEffect(
    () =>
      onStranger(() => {
        const { pathname, search } = location;
        if (pathname === "/sign-in") return;
        const known = client.getQueryData(["me"]) !== undefined;
        client.removeQueries({ queryKey: ["me"] });
        void navigate({ to: "/sign-in", search: { back: pathname + search, ...(known ? { ended: "1" } : {}) } });
      }),
    [navigate, client],
  );
}
