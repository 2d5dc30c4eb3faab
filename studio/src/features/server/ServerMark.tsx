import { Circle, CircleDashed, CircleSlash } from "lucide-react";
import { useReadiness, useRecovery } from "@/api/queries";
import { strings } from "@/strings";
import { Tip } from "@/ui/tip";

const words = strings.server;
const SHAPES = { unknown: CircleDashed, ready: Circle, loading: CircleDashed, offline: CircleSlash };

/** How the server is, by shape and word. */
export function ServerMark() {
  const readiness = useReadiness();
  useRecovery();
  const Shape = SHAPES[readiness.state];
  const more =
    readiness.state === "loading" ? readiness.detail : readiness.state === "offline" ? words.offlineTitle : "";
  const mark = (
    <button
      type="button"
      onClick={readiness.retry}
      className="flex items-center gap-2 rounded-control px-2 text-small text-pencil"
    >
      <Shape aria-hidden className="size-3" />
      {words[readiness.state]}
    </button>
  );
  return <div role="status">{more ? <Tip text={more}>{mark}</Tip> : mark}</div>;
}
