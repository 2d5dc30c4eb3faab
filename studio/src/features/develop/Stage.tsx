import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from "react";
import { useReadiness } from "@/api/queries";
import { ActBar } from "@/features/develop/ActBar";
import { useDarkroom } from "@/features/develop/darkroom";
import type { Development } from "@/features/develop/development";
import { Message } from "@/features/develop/Message";
import { Numbers } from "@/features/develop/Numbers";
import { Overlay } from "@/features/develop/Overlay";
import { Remarks } from "@/features/develop/Remarks";
import { Rolls } from "@/features/develop/Rolls";
import { Prints, Sheet, Tray } from "@/features/develop/Tray";
import { Unexposed } from "@/features/develop/Unexposed";
import { useNoise } from "@/features/develop/useNoise";
import { Waiting } from "@/features/develop/Waiting";
import { strings } from "@/strings";
import { Button } from "@/ui/button";

const actTray = () => import("@/features/develop/ActTray");
const ActTray = lazy(actTray);
const ContactSheet = lazy(() => import("@/features/develop/ContactSheet").then((it) => ({ default: it.ContactSheet })));

interface Props {
  /** Writes a prompt and develops it. */
  onExample(prompt: string): void;
  /** Develops the recipe in the tray once more. */
  onAgain(development: Development): void;
  onLeave(): void;
  /** What the recipe being written would put over the print, width over height given. */
  preview?: ((ratio: number) => ReactNode) | undefined;
}

/** The print in the tray, and under it the strip: or what there is to say while there is none. */
export function Stage({ onExample, onAgain, onLeave, preview }: Props) {
  const development = useDarkroom((room) => room.development);
  const connected = useDarkroom((room) => room.connected);
  const readiness = useReadiness();
  const { retry } = readiness;
  // A lost line is the first sign that the server may be gone: ask, rather than wait for the next time.
  useEffect(() => {
    if (!connected) retry();
  }, [connected, retry]);
  if (development) return <Developing development={development} onAgain={onAgain} preview={preview} />;
  return <Empty onExample={onExample} onLeave={onLeave} readiness={readiness} preview={preview} />;
}

const AREA = "h-[min(100vw-2rem,56dvh)]";

function Empty({
  onExample,
  onLeave,
  readiness,
  preview,
}: Pick<Props, "onExample" | "onLeave" | "preview"> & { readiness: ReturnType<typeof useReadiness> }) {
  const problem = useDarkroom((room) => room.problem);
  const seeking = useDarkroom((room) => room.seeking);
  return (
    <section aria-label={strings.print.area} className={`${AREA} lg:h-full`}>
      <Tray ratio={1} count={1}>
        <Sheet under={!seeking}>
          {!problem && preview?.(1)}
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

function Developing({
  development,
  onAgain,
  preview,
}: Pick<Props, "onAgain" | "preview"> & { development: Development }) {
  const acting = useDarkroom((room) => room.acting);
  const noise = useNoise();
  const [sheet, setSheet] = useState(false);
  // Not in the first load, but there when a key is pressed for it: whoever presses S types on at once.
  useEffect(() => void actTray(), []);
  const openSheet = useCallback(() => setSheet(true), []);
  const { width, height } = development.recipe;
  const ratio = (width ?? 1) / (height ?? 1);
  const layer = acting ? <Overlay acting={acting} noise={noise} ratio={ratio} /> : preview?.(ratio);
  return (
    <section aria-label={strings.print.area} className="flex h-full flex-col gap-3">
      <div className={`relative ${AREA} min-h-0 shrink-0 lg:h-auto lg:shrink lg:grow lg:basis-0`}>
        {begun(development) ? <Prints development={development} over={layer} /> : <Waiting development={development} />}
      </div>
      <Remarks development={development} onAgain={onAgain} />
      <Numbers development={development} onAgain={() => onAgain(development)} />
      <Rolls development={development} />
      <ActBar development={development} onSheet={openSheet} />
      {acting && (
        <Suspense>
          <ActTray development={development} acting={acting} noise={noise} />
        </Suspense>
      )}
      {sheet && (
        <Suspense>
          <ContactSheet development={development} open onOpenChange={setSheet} />
        </Suspense>
      )}
    </section>
  );
}

/** Whether there is anything to see: a step of its own, or those that a branch shares. */
const begun = ({ prints, branchOf }: Development): boolean =>
  branchOf !== null || prints.some((print) => print.done > 0 || print.picture);
