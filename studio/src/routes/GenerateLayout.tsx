import type { ReactNode } from "react";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";
import { Dialog } from "@/ui/dialog";

interface LayoutProps {
  stage: ReactNode;
  prompt: ReactNode;
  film: ReactNode;
  parameters: ReactNode;
  /** The parameters stand beside the stage, */
  aside: boolean;
  /** or rise from below. */
  sheet: boolean;
  onSheet(open: boolean): void;
}

/** Film, stage and parameters side by side; on a phone one under the other, with the prompt in reach of a thumb. */
export function GenerateLayout({ stage, prompt, film, parameters, aside, sheet, onSheet }: LayoutProps) {
  const words = strings.parameters;
  return (
    <div
      className={cx(
        "grid min-h-0 grow grid-cols-1 lg:h-0 lg:grid-cols-[5.5rem_minmax(0,1fr)]",
        aside && "lg:grid-cols-[5.5rem_minmax(0,1fr)_18rem]",
      )}
    >
      <main className="flex min-h-0 min-w-0 flex-col gap-4 p-4 lg:col-start-2 lg:row-start-1 lg:px-6 lg:pt-2 lg:pb-6">
        <div className="min-h-0 grow">{stage}</div>
        {prompt && (
          <div className="max-lg:fixed max-lg:inset-x-0 max-lg:bottom-0 max-lg:z-30 max-lg:bg-room max-lg:p-3 max-lg:pb-[max(12px,env(safe-area-inset-bottom))]">
            {prompt}
          </div>
        )}
      </main>
      <div className="min-h-0 min-w-0 px-4 pb-28 lg:col-start-1 lg:row-start-1 lg:p-2 lg:pt-1">{film}</div>
      {aside && (
        <aside aria-label={words.title} className="min-h-0 overflow-y-auto py-2 pe-6 pb-6 ps-2">
          {parameters}
        </aside>
      )}
      <Dialog as="sheet" open={sheet} onOpenChange={onSheet} title={words.title} closeLabel={words.close}>
        <div className="px-6 pb-8">{parameters}</div>
      </Dialog>
    </div>
  );
}
