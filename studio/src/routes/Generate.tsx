import { useRef, useState } from "react";
import { Problem } from "@/api/problem";
import { useCard, useModels, usePictures } from "@/api/queries";
import type { PictureRecord } from "@/api/types";
import { lastPosition, useDarkroom, useDarkroomStore } from "@/features/develop/darkroom";
import { Stage } from "@/features/develop/Stage";
import { useKeys } from "@/features/keys/useKeys";
import { Film } from "@/features/recent/Film";
import { PictureDialog } from "@/features/recent/PictureDialog";
import { fromRecipe, toWish } from "@/features/recipe/draft";
import { Parameters } from "@/features/recipe/Parameters";
import { PromptBar } from "@/features/recipe/PromptBar";
import { useDraft } from "@/features/recipe/useDraft";
import { useGenerate } from "@/routes/useGenerate";
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
    setDraft(recipeOf(picture));
    dialog.onClose();
  };
  const reopenOf = ({ generation }: PictureRecord) => {
    dialog.onClose();
    reopen(generation);
  };
  const parameters = <Parameters draft={draft} onDraft={setDraft} lastSeed={lastSeed} />;
  return (
    <div
      className={cx(
        "grid min-h-0 grow grid-cols-1 lg:h-0 lg:grid-cols-[5.5rem_minmax(0,1fr)]",
        parametersShown && "lg:grid-cols-[5.5rem_minmax(0,1fr)_18rem]",
      )}
    >
      <main className="flex min-h-0 min-w-0 flex-col gap-4 p-4 lg:col-start-2 lg:row-start-1 lg:px-6 lg:pt-2 lg:pb-6">
        <div className="min-h-0 grow">
          <Stage onExample={example} onAgain={({ recipe }) => void develop(recipe)} onLeave={leave} />
        </div>
        <div className="max-lg:fixed max-lg:inset-x-0 max-lg:bottom-0 max-lg:z-30 max-lg:bg-room max-lg:p-3 max-lg:pb-[max(12px,env(safe-area-inset-bottom))]">
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
        </div>
      </main>
      <div className="min-h-0 min-w-0 px-4 pb-28 lg:col-start-1 lg:row-start-1 lg:p-2 lg:pt-1">
        <Film watched={watched} onOpen={open} onWatch={watch} />
      </div>
      {wide && parametersShown && (
        <aside aria-label={strings.parameters.title} className="min-h-0 overflow-y-auto py-2 pr-6 pb-6 pl-2">
          {parameters}
        </aside>
      )}
      <Dialog
        as="sheet"
        open={sheetOpen && !wide}
        onOpenChange={setSheetOpen}
        title={strings.parameters.title}
        closeLabel={strings.parameters.close}
      >
        <div className="px-6 pb-8">{parameters}</div>
      </Dialog>
      <PictureDialog {...dialog} onUse={use} onWatch={reopenOf} />
    </div>
  );
}

/** The draft that would draw one picture of a generation again: its own seed, and only that one. */
function useRecipeToDraft() {
  const { data: models } = useModels();
  return ({ recipe, seed }: PictureRecord) => {
    const card = models?.find(({ id }) => id === recipe.model);
    return { ...fromRecipe(recipe, card), seed, count: 1 };
  };
}

/** Which recent picture is open, and its neighbours. */
function useOpenPicture() {
  const [picture, setPicture] = useState<PictureRecord | null>(null);
  const { data: pictures = [] } = usePictures();
  const at = pictures.findIndex(({ id }) => id === picture?.id);
  const go = (to: number) => {
    const there = at < 0 ? undefined : pictures[to];
    return there ? () => setPicture(there) : null;
  };
  return { picture, open: setPicture, onClose: () => setPicture(null), onGo: { newer: go(at - 1), older: go(at + 1) } };
}

interface Keys {
  leave(): void;
  onShowKeys(): void;
  onParameters(): void;
  field: React.RefObject<HTMLTextAreaElement | null>;
}

function useDarkroomKeys({ leave, onShowKeys, onParameters, field }: Keys): void {
  const room = useDarkroomStore();
  const scrub = (by: number) => {
    const { development, viewing, look } = room.getState();
    const last = development ? lastPosition(development, viewing.print) : 0;
    if (last > 0) look({ to: "move", by, last });
  };
  const compare = () => {
    const { development, viewing, look } = room.getState();
    if (!development || viewing.pin === null) return;
    look({ to: "compare", position: viewing.against ?? lastPosition(development, viewing.print) });
  };
  const letGo = () => {
    const { development, viewing, look, problem } = room.getState();
    if (document.activeElement === field.current) field.current?.blur();
    else if (viewing.pin !== null) look({ to: "newest" });
    else if (development || problem) leave();
  };
  useKeys({
    "/": () => {
      field.current?.focus();
      field.current?.select();
    },
    ArrowLeft: () => scrub(-1),
    ArrowRight: () => scrub(1),
    Escape: letGo,
    c: compare,
    p: onParameters,
    "?": onShowKeys,
  });
}
