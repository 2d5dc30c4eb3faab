import { type ReactNode, useRef, useState } from "react";
import { Problem } from "@/api/problem";
import { useCard } from "@/api/queries";
import type { PictureRecord } from "@/api/types";
import { useDarkroom } from "@/features/develop/darkroom";
import { Stage } from "@/features/develop/Stage";
import { Film } from "@/features/recent/Film";
import { PictureDialog } from "@/features/recent/PictureDialog";
import { toWish } from "@/features/recipe/draft";
import { Parameters } from "@/features/recipe/Parameters";
import { PromptBar } from "@/features/recipe/PromptBar";
import { useDraft } from "@/features/recipe/useDraft";
import { useDarkroomKeys } from "@/routes/useDarkroomKeys";
import { useGenerate } from "@/routes/useGenerate";
import { useOpenPicture, useRecipeToDraft } from "@/routes/useOpenPicture";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";
import { Dialog } from "@/ui/dialog";
import { useMedia } from "@/ui/media";

interface Props {
  parametersShown: boolean;
  onToggleParameters(): void;
  onShowKeys(): void;
}

/** The page where pictures are made. */
export function Generate({ parametersShown, onToggleParameters, onShowKeys }: Props) {
  const [draft, setDraft] = useDraft();
  const [sheetOpen, setSheetOpen] = useState(false);
  const wide = useMedia("(min-width: 64rem)");
  const card = useCard(draft.model);
  const field = useRef<HTMLTextAreaElement>(null);
  const { develop, watch, reopen, leave, sending, problem, setProblem } = useGenerate();
  const watched = useDarkroom(({ development }) => development?.id ?? null);
  const lastSeed = useDarkroom(({ development }) => development?.seed ?? null);
  const { open, ...dialog } = useOpenPicture();
  useDarkroomKeys({ leave, onShowKeys, onParameters: wide ? onToggleParameters : () => setSheetOpen(true), field });

  const developDraft = (prompt = draft.prompt) => {
    const wish = { ...draft, prompt };
    if (prompt.trim() === "") {
      setProblem(new Problem({ status: 422, detail: strings.prompt.empty }));
      field.current?.focus();
    } else void develop(toWish(wish, card));
  };
  const example = (prompt: string) => {
    setDraft({ ...draft, prompt });
    developDraft(prompt);
  };
  const recipeOf = useRecipeToDraft();
  const use = (picture: PictureRecord) => {
    const wish = recipeOf(picture);
    if (wish) setDraft(wish);
    dialog.onClose();
  };
  const reopenOf = ({ generation }: PictureRecord) => {
    dialog.onClose();
    if (generation) reopen(generation);
  };
  const slots = {
    stage: <Stage onExample={example} onAgain={({ recipe }) => void develop(recipe)} onLeave={leave} />,
    prompt: (
      <PromptBar
        prompt={draft.prompt}
        onPrompt={(prompt) => {
          setDraft({ ...draft, prompt });
          setProblem(null);
        }}
        onDevelop={developDraft}
        sending={sending}
        problem={problem}
        field={field}
        onParameters={wide ? null : () => setSheetOpen(true)}
      />
    ),
    film: <Film watched={watched} onOpen={open} onWatch={watch} />,
    parameters: <Parameters draft={draft} onDraft={setDraft} lastSeed={lastSeed} />,
  };
  return (
    <>
      <Layout {...slots} aside={wide && parametersShown} sheet={!wide && sheetOpen} onSheet={setSheetOpen} />
      <PictureDialog {...dialog} onUse={use} onWatch={reopenOf} />
    </>
  );
}

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
function Layout({ stage, prompt, film, parameters, aside, sheet, onSheet }: LayoutProps) {
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
        <div className="max-lg:fixed max-lg:inset-x-0 max-lg:bottom-0 max-lg:z-30 max-lg:bg-room max-lg:p-3 max-lg:pb-[max(12px,env(safe-area-inset-bottom))]">
          {prompt}
        </div>
      </main>
      <div className="min-h-0 min-w-0 px-4 pb-28 lg:col-start-1 lg:row-start-1 lg:p-2 lg:pt-1">{film}</div>
      {aside && (
        <aside aria-label={words.title} className="min-h-0 overflow-y-auto py-2 pr-6 pb-6 pl-2">
          {parameters}
        </aside>
      )}
      <Dialog as="sheet" open={sheet} onOpenChange={onSheet} title={words.title} closeLabel={words.close}>
        <div className="px-6 pb-8">{parameters}</div>
      </Dialog>
    </div>
  );
}
