import { LayoutGrid } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { Problem } from "@/api/problem";
import { useCard } from "@/api/queries";
import type { PictureRecord } from "@/api/types";
import { useDarkroom } from "@/features/develop/darkroom";
import { Stage } from "@/features/develop/Stage";
import { Film } from "@/features/recent/Film";
import { ratioOf, toWish } from "@/features/recipe/draft";
import { useDraftEstimate } from "@/features/recipe/EstimateNote";
import { Parameters } from "@/features/recipe/Parameters";
import { PromptBar } from "@/features/recipe/PromptBar";
import { RecipeGrain } from "@/features/recipe/RecipeGrain";
import { useDraft } from "@/features/recipe/useDraft";
import { GenerateLayout } from "@/routes/GenerateLayout";
import { togglePanel, usePanel } from "@/routes/panel";
import { useBatchSheet } from "@/routes/useBatchSheet";
import { useDarkroomKeys } from "@/routes/useDarkroomKeys";
import { useGenerate } from "@/routes/useGenerate";
import { useOpenPicture, useRecipeToDraft } from "@/routes/useOpenPicture";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { useMedia } from "@/ui/media";
import { Waiting } from "@/ui/states";

const BatchSheet = lazy(() => import("@/features/batch/BatchSheet"));
const PictureDialog = lazy(() => import("@/features/recent/PictureDialog"));
const GridDialog = lazy(() => import("@/features/batch/GridDialog"));

/** The page where pictures are made. */
export function Generate() {
  const parametersShown = usePanel();
  const [draft, setDraft] = useDraft();
  const [sheetOpen, setSheetOpen] = useState(false);
  const [gridOpen, setGridOpen] = useState(false);
  const [grainShown, setGrainShown] = useState(false);
  const [batch, setBatch] = useBatchSheet();
  const wide = useMedia("(min-width: 64rem)");
  const card = useCard(draft.model);
  const field = useRef<HTMLTextAreaElement>(null);
  const { develop, watch, reopen, leave, sending, problem, setProblem } = useGenerate();
  const watched = useDarkroom(({ development }) => development?.id ?? null);
  // One thing at a time: what is thought over at the strip has the room, and the only primary action.
  const acting = useDarkroom((room) => room.acting !== null);
  const lastSeed = useDarkroom(({ development }) => development?.seed ?? null);
  const { open, picture, ...dialog } = useOpenPicture();
  const { data: estimate } = useDraftEstimate(draft);
  useDarkroomKeys({ leave, onParameters: wide ? togglePanel : () => setSheetOpen(true), field });

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
  const { injections } = draft.extras;
  const preview =
    grainShown && injections.length > 0
      ? (ratio: number) => <RecipeGrain injections={injections} ratio={watched ? ratio : ratioOf(draft, card)} />
      : undefined;
  const onSheet = batch !== null && watched === null;
  const slots = {
    stage: onSheet ? (
      <Suspense fallback={<Waiting />}>
        <BatchSheet id={batch} onClose={() => setBatch(null)} onWatch={reopen} />
      </Suspense>
    ) : (
      <div className="flex h-full min-h-0 flex-col gap-2">
        {batch && <Back onBack={leave} />}
        <div className="min-h-0 grow">
          <Stage onExample={example} onAgain={({ recipe }) => void develop(recipe)} onLeave={leave} preview={preview} />
        </div>
      </div>
    ),
    prompt: acting ? null : (
      <PromptBar
        draft={draft}
        onDraft={(changed) => {
          setDraft(changed);
          setProblem(null);
        }}
        onDevelop={developDraft}
        onGrid={() => setGridOpen(true)}
        sending={sending}
        problem={problem}
        field={field}
        onParameters={wide ? null : () => setSheetOpen(true)}
      />
    ),
    film: <Film watched={watched} onOpen={open} onWatch={watch} />,
    parameters: <Parameters draft={draft} onDraft={setDraft} lastSeed={lastSeed} onGrain={setGrainShown} />,
  };
  return (
    <>
      <GenerateLayout {...slots} aside={wide && parametersShown} sheet={!wide && sheetOpen} onSheet={setSheetOpen} />
      {picture && (
        <Suspense>
          <PictureDialog picture={picture} {...dialog} onUse={use} onWatch={reopenOf} />
        </Suspense>
      )}
      {gridOpen && (
        <Suspense>
          <GridDialog
            wish={toWish(draft, card)}
            samplers={card?.samplers ?? []}
            secondsEach={estimate?.seconds ? estimate.seconds / draft.count : null}
            onClose={() => setGridOpen(false)}
            onBatch={({ id }) => {
              setGridOpen(false);
              leave();
              setBatch(id);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function Back({ onBack }: { onBack(): void }) {
  return (
    <Button kind="quiet" className="-ms-3 self-start" onClick={onBack}>
      <LayoutGrid aria-hidden />
      {strings.grid.back}
    </Button>
  );
}
