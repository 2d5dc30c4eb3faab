import { strings } from "@/strings";
import { Button } from "@/ui/button";

/** Asks for the next page of a list, where there is one. */
export function More({ more }: { more: (() => void) | null | undefined }) {
  if (!more) return null;
  return (
    <Button kind="quiet" className="self-start" onClick={more}>
      {strings.shell.more}
    </Button>
  );
}
