import { GitBranch, LayoutGrid, Pause, Play, Signpost, SkipForward, Sparkles, Square, X } from "lucide-react";
import { memo, type ReactNode, useLayoutEffect, useRef } from "react";
import { useCard } from "@/api/queries";
import { type Act, type Possible, possible, taken } from "@/features/develop/acts";
import { CompareMenu } from "@/features/develop/CompareMenu";
import { useDarkroom, useDarkroomStore } from "@/features/develop/darkroom";
import { type Development, lastPosition, over } from "@/features/develop/development";
import { along, widest } from "@/features/develop/measures";
import { STRIP_ID } from "@/features/develop/Strip";
import { shown } from "@/features/develop/viewing";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Tip } from "@/ui/tip";

const words = strings.acts;

/** What can be done, at the step at which it would happen: under way at the next one, else at what is looked at. */
export function ActBar({ development, onSheet }: { development: Development; onSheet(): void }) {
  const acting = useDarkroom((room) => room.acting !== null);
  const viewing = useDarkroom((room) => room.viewing);
  const card = useCard(development.recipe.model ?? null);
  const last = lastPosition(development, viewing.print);
  const position = shown({ ...viewing, hover: null }, last);
  const still = viewing.pin !== null || over(development);
  const total = Math.max(1, development.total);
  const share = Math.min(1, position > total ? 1 : (position - 0.5) / total);
  // Both in numbers, also at rest: `left` would jump there from `auto`, ahead of `translate` and over the page's edge.
  const place = still
    ? { left: along(share * total, total), translate: `${-share * 100}% 0` }
    : { left: 0, translate: "0% 0" };
  return (
    <div hidden={acting} dir="ltr" className="relative min-h-8" style={{ maxWidth: widest(development.total) }}>
      <div
        role="toolbar"
        aria-label={words.label}
        className="relative flex w-fit max-w-full flex-wrap items-center gap-1 transition-[left,translate] duration-100"
        style={place}
      >
        <Acts
          {...possible(development, card?.capabilities ?? [])}
          // While it runs, the step that is named would be another one by the time it is read.
          step={still && position > 0 ? Math.min(position, total) : null}
          several={last > 1}
          onSheet={onSheet}
        />
        <CompareMenu development={development} last={last} />
        {viewing.pin !== null && <Unpin />}
      </div>
    </div>
  );
}

interface ActsProps extends Possible {
  /** The one a branch would leave at; null for the newest. */
  step: number | null;
  several: boolean;
  onSheet(): void;
}

/** Every step passes by here, and few change what can be done. */
const Acts = memo(function Acts({ step, several, onSheet, ...can }: ActsProps) {
  const room = useDarkroomStore();
  const { think, steer, stop } = room.getState();
  const branch = () => {
    const { development } = room.getState();
    if (development) think("branch", step ?? taken(development));
  };
  const leaveOff = () => {
    const { development } = room.getState();
    const going = can.resume ? { state: "running" as const } : {};
    if (development) void steer({ stop_after: Math.max(1, taken(development)), ...going });
  };
  return (
    <>
      {can.pause && (
        <Doing act={words.pause} tip={words.pauseTitle} onDo={() => void steer({ state: "paused" })} stays>
          <Pause aria-hidden />
        </Doing>
      )}
      {can.resume && (
        <Doing act={words.resume} tip={words.resumeTitle} onDo={() => void steer({ state: "running" })} stays>
          <Play aria-hidden />
        </Doing>
      )}
      {can.steer && (
        <Thinking act="steer" tip={words.steerTitle} onThink={() => think("steer", null)}>
          <Signpost aria-hidden />
        </Thinking>
      )}
      {can.inject && (
        <Thinking act="inject" tip={words.injectTitle} onThink={() => think("inject", null)}>
          <Sparkles aria-hidden />
        </Thinking>
      )}
      {can.branch && (
        <Thinking act="branch" step={step} tip={words.branchTitle} onThink={branch}>
          <GitBranch aria-hidden />
        </Thinking>
      )}
      {can.leaveOff && (
        <Doing act={words.leaveOff} tip={words.leaveOffTitle} onDo={leaveOff} stays>
          <Square aria-hidden />
        </Doing>
      )}
      {can.cancel && (
        <Doing act={words.cancel} tip={words.cancelTitle} onDo={() => void stop()} stays testid="stop">
          <X aria-hidden />
        </Doing>
      )}
      {several && (
        <Doing act={words.sheet} tip={words.sheetTitle} onDo={onSheet} terse>
          <LayoutGrid aria-hidden />
        </Doing>
      )}
    </>
  );
});

function Unpin() {
  const look = useDarkroom((room) => room.look);
  return (
    <Doing act={strings.strip.unpin} tip={strings.strip.unpinTitle} onDo={() => look({ to: "newest" })} stays>
      <SkipForward aria-hidden />
    </Doing>
  );
}

interface DoingProps {
  act: string;
  tip: string;
  onDo(): void;
  children: ReactNode;
  /** Only its picture, however wide the page. */
  terse?: boolean;
  /** It goes once it is done: the strip beside it takes the focus then, rather than nothing. */
  stays?: boolean;
  testid?: string;
}

function Doing({ act, tip, onDo, children, terse = false, stays = false, testid }: DoingProps) {
  const button = useFocusKept(stays);
  return (
    <Tip text={tip}>
      <Button ref={button} kind="quiet" onClick={onDo} data-testid={testid} className="px-2 sm:px-3">
        {children}
        <span className={terse ? "sr-only" : "max-sm:sr-only"}>{act}</span>
      </Button>
    </Tip>
  );
}

interface ThinkingProps {
  act: Act;
  tip: string;
  /** Where; its words stay on a phone then. */
  step?: number | null;
  onThink(): void;
  children: ReactNode;
}

function Thinking({ act, tip, step = null, onThink, children }: ThinkingProps) {
  const open = useDarkroom(({ acting }) => acting?.act === act);
  return (
    <Tip text={tip}>
      <Button
        kind="quiet"
        aria-expanded={open}
        data-act={act}
        onClick={onThink}
        className="px-2 aria-expanded:bg-raised aria-expanded:text-paper sm:px-3"
      >
        {children}
        <span className={step === null ? "max-sm:sr-only" : ""}>{words.names[act](step)}</span>
      </Button>
    </Tip>
  );
}

/** When a button goes while it has the focus, the strip beside it takes it. */
function useFocusKept(kept: boolean) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const it = button.current;
    return () => {
      if (kept && it === document.activeElement) document.getElementById(STRIP_ID)?.focus();
    };
  }, [kept]);
  return button;
}
