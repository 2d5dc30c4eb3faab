import { type ReactNode, useEffect, useState } from "react";
import { type Readiness, useReadiness } from "@/api/queries";
import { useDarkroom } from "@/features/develop/darkroom";
import type { Development } from "@/features/develop/development";
import { Numbers } from "@/features/develop/Numbers";
import { Strip } from "@/features/develop/Strip";
import { Prints, Sheet, Tray } from "@/features/develop/Tray";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Lamp } from "@/ui/lamp";

interface Props {
  /** Writes a prompt and develops it. */
  onExample(prompt: string): void;
  /** Develops the recipe in the tray once more. */
  onAgain(development: Development): void;
  onLeave(): void;
}

/** The print in the tray, and under it the strip: or what there is to say while there is none. */
export function Stage({ onExample, onAgain, onLeave }: Props) {
  const development = useDarkroom((room) => room.development);
  const problem = useDarkroom((room) => room.problem);
  const connected = useDarkroom((room) => room.connected);
  const seeking = useDarkroom((room) => room.seeking);
  const readiness = useReadiness();
  const { retry } = readiness;
  // A lost line is the first sign that the server may be gone: ask, rather than wait for the next time.
  useEffect(() => {
    if (!connected) retry();
  }, [connected, retry]);
  if (development === null) {
    return (
      <section aria-label={strings.print.area} className="h-[min(100vw-2rem,56dvh)] lg:h-full">
        <Tray ratio={1} count={1}>
          <Sheet under={!seeking}>
            {problem ? (
              <Message title={problem.status === 404 ? strings.lost.title : problem.message} body={problem.hint}>
                <Button onClick={onLeave}>{strings.lost.action}</Button>
              </Message>
            ) : (
              !seeking && <Unexposed readiness={readiness} onExample={onExample} />
            )}
          </Sheet>
        </Tray>
      </section>
    );
  }
  return (
    <section aria-label={strings.print.area} className="flex h-full flex-col gap-3">
      <div className="relative h-[min(100vw-2rem,56dvh)] min-h-0 lg:h-auto lg:grow">
        {begun(development) ? <Prints development={development} /> : <Waiting development={development} />}
      </div>
      <Remarks development={development} connected={connected} problem={problem?.message ?? null} onAgain={onAgain} />
      <Numbers development={development} onAgain={() => onAgain(development)} />
      <Strip development={development} />
    </section>
  );
}

const begun = ({ prints }: Development): boolean => prints.some((print) => print.done > 0 || print.picture);

interface MessageProps {
  title: string;
  body?: string;
  lamp?: boolean;
  children?: ReactNode;
}

/** One sentence and one action, in the middle of a sheet. */
function Message({ title, body, lamp = false, children }: MessageProps) {
  return (
    <div className="absolute inset-0 flex flex-col items-center justify-center gap-4 p-6 text-center text-balance animate-appear">
      {lamp && <Lamp className="size-14" />}
      <div className="max-w-80">
        <h2 className="text-title font-semibold">{title}</h2>
        {body && <p className="text-pencil">{body}</p>}
      </div>
      {children}
    </div>
  );
}

function Unexposed({
  readiness,
  onExample,
}: {
  readiness: Readiness & { retry(): void };
  onExample: Props["onExample"];
}) {
  const { examples, title, body, action } = strings.empty;
  const [example] = useState(() => examples[Math.floor(Math.random() * examples.length)] ?? examples[0]);
  const words = strings.server;
  if (readiness.state === "offline") {
    return (
      <Message title={words.offlineTitle} body={words.offlineBody}>
        <Button onClick={readiness.retry}>{words.retry}</Button>
      </Message>
    );
  }
  if (readiness.state === "loading") {
    return (
      <Message title={readiness.detail} body={readiness.hint} lamp>
        <Button onClick={readiness.retry}>{words.check}</Button>
      </Message>
    );
  }
  return (
    <Message title={title} body={body} lamp>
      <Button onClick={() => onExample(example)}>{action(example)}</Button>
    </Message>
  );
}

function Waiting({ development }: { development: Development }) {
  const stop = useDarkroom((room) => room.stop);
  const { phase, position, etaSeconds, recipe, prints } = development;
  const words = strings.waiting;
  const over = phase === "failed" || phase === "cancelled";
  return (
    <>
      <Tray ratio={(recipe.width ?? 1) / (recipe.height ?? 1)} count={prints.length}>
        {prints.map((_, n) => (
          <Sheet key={n} lit={phase === "running"}>
            <span />
          </Sheet>
        ))}
      </Tray>
      {phase === "queued" && (
        <Message title={words.title(position)} body={words.eta(etaSeconds)}>
          <Button onClick={() => void stop()}>{words.cancel}</Button>
        </Message>
      )}
      {!over && phase !== "queued" && <Message title={words.starting} />}
    </>
  );
}

/** Says so when a finished development has steps of which nothing is kept any more. */
function holes({ prints, total }: Development): string[] {
  const known = prints.map(({ steps }) => steps.filter((step) => step !== undefined).length);
  if (known.every((steps) => steps >= total)) return [];
  return [known.every((steps) => steps === 0) ? strings.strip.gone : strings.strip.someGone];
}

interface RemarksProps {
  development: Development;
  connected: boolean;
  problem: string | null;
  onAgain: Props["onAgain"];
}

/** What happened besides the picture: why it failed, what was changed, what was lost. */
function Remarks({ development, connected, problem, onAgain }: RemarksProps) {
  const { phase, failure, notices, prints } = development;
  const done = Math.max(0, ...prints.map((print) => print.done));
  const ended = strings.ended;
  const lines = [
    ...notices,
    ...(problem ? [problem] : []),
    ...(!connected && (phase === "running" || phase === "queued") ? [strings.server.reconnecting] : []),
    ...(phase === "finished" ? holes(development) : []),
  ];
  return (
    <>
      {lines.map((line) => (
        <p key={line} className="text-small text-pencil">
          {line}
        </p>
      ))}
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
