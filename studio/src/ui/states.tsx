import type { ReactNode } from "react";
import type { Problem } from "@/api/problem";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Lamp } from "@/ui/lamp";

/** A page, or a part of one, with nothing in it: one sentence, and one thing to do. */
export function Nothing({ title, body, children }: { title: string; body?: string; children?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-96 flex-col items-center gap-3 px-4 py-16 text-center text-balance animate-appear">
      <Lamp className="size-12" />
      <h2 className="text-title font-semibold">{title}</h2>
      {body && <p className="text-pencil">{body}</p>}
      {children}
    </div>
  );
}

/** What went wrong, what to do about it, and a way to try again. */
export function Trouble({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  return (
    <div role="alert">
      <Nothing title={problem.message} body={problem.hint}>
        {onRetry && <Button onClick={onRetry}>{strings.shell.retry}</Button>}
      </Nothing>
    </div>
  );
}

/** Something is on its way. Shown late, so that what is quick does not flicker. */
export function Waiting({ label = strings.shell.loading }: { label?: string }) {
  return (
    <p role="status" className="px-4 py-16 text-center text-pencil animate-late">
      {label}
    </p>
  );
}
