import { useDarkroom } from "@/features/develop/darkroom";
import { type Development, lastStep, over } from "@/features/develop/development";
import { strings } from "@/strings";
import { Button } from "@/ui/button";

/** Says so when a finished development has steps of which nothing is kept any more. */
function holes(development: Development): string[] {
  const { prints, branchOf } = development;
  const expected = lastStep(development) - (branchOf ? branchOf.step - 1 : 0);
  const known = prints.map(({ steps }) => steps.filter((step) => step !== undefined).length);
  if (known.every((steps) => steps >= expected)) return [];
  return [known.every((steps) => steps === 0) ? strings.strip.gone : strings.strip.someGone];
}

interface RemarksProps {
  development: Development;
  onAgain(development: Development): void;
}

/** What happened besides the picture: why it failed, what was changed, what was lost, what was refused. */
export function Remarks({ development, onAgain }: RemarksProps) {
  const connected = useDarkroom((room) => room.connected);
  const problem = useDarkroom((room) => room.problem);
  const refusal = useDarkroom((room) => (room.acting ? null : room.refusal));
  const { phase, failure, notices, prints } = development;
  const done = Math.max(0, ...prints.map((print) => print.done));
  const ended = strings.ended;
  const lines = [
    ...new Set(notices.map(({ detail }) => detail)),
    ...(problem ? [problem.message] : []),
    ...(!connected && !over(development) ? [strings.server.reconnecting] : []),
    ...(phase === "finished" ? holes(development) : []),
  ];
  return (
    <>
      {lines.map((line) => (
        <p key={line} className="text-small text-pencil">
          {line}
        </p>
      ))}
      {refusal && (
        <p role="alert" className="text-small">
          <strong className="font-semibold">{refusal.message}</strong>{" "}
          <span className="text-pencil">{refusal.hint}</span>
        </p>
      )}
      {phase === "failed" && (
        <div role="alert" className="flex flex-wrap items-center justify-between gap-3">
          <p className="min-w-0 flex-1 basis-64 text-small">
            <strong className="font-semibold">{failure?.detail ?? ended.failed}</strong>{" "}
            <span className="text-pencil">
              {[failure?.hint, done > 0 && ended.keptSteps].filter(Boolean).join(" ")}
            </span>
          </p>
          <Button onClick={() => onAgain(development)}>{ended.again}</Button>
        </div>
      )}
    </>
  );
}
