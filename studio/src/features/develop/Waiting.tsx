import { useDarkroom } from "@/features/develop/darkroom";
import { type Development, over } from "@/features/develop/development";
import { Message } from "@/features/develop/Message";
import { Sheet, Tray } from "@/features/develop/Tray";
import { strings } from "@/strings";
import { Button } from "@/ui/button";

/** The empty sheet of a generation that has no step yet. */
export function Waiting({ development }: { development: Development }) {
  const stop = useDarkroom((room) => room.stop);
  const { phase, position, etaSeconds, recipe, prints } = development;
  const words = strings.waiting;
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
      {!over(development) && phase !== "queued" && (
        <Message title={phase === "paused" ? words.paused : words.starting} />
      )}
    </>
  );
}
