import { useState } from "react";
import { type Readiness, usePictures } from "@/api/queries";
import { Message } from "@/features/develop/Message";
import { strings } from "@/strings";
import { Button } from "@/ui/button";

/** What there is to say while nothing is in the tray. */
export function Unexposed({
  readiness,
  onExample,
}: {
  readiness: Readiness & { retry(): void };
  onExample: (prompt: string) => void;
}) {
  const { examples, title, body, action } = strings.empty;
  const [example] = useState(() => examples[Math.floor(Math.random() * examples.length)] ?? examples[0]);
  const { data: pictures } = usePictures();
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
  // Whoever was never here is told what this is, and has something to try one key away.
  const first = pictures?.length === 0;
  return (
    <Message title={title} body={first ? strings.empty.first : body} lamp>
      <div className="flex flex-wrap justify-center gap-2">
        {(first ? examples.slice(0, 3) : [example]).map((one) => (
          <Button key={one} onClick={() => onExample(one)}>
            {action(one)}
          </Button>
        ))}
      </div>
    </Message>
  );
}
