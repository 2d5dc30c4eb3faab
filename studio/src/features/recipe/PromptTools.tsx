import { Check, Grid3x3, Palette, WandSparkles } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { Problem } from "@/api/problem";
import { useCard, usePresets } from "@/api/queries";
import { type Enhancement, enhance, type Mode, useAnalysis } from "@/api/writing";
import type { Draft } from "@/features/recipe/draft";
import { useDraftEstimate } from "@/features/recipe/EstimateNote";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Menu, MenuItem, MenuNote } from "@/ui/menu";

const words = strings.tools;
const MODES: readonly Mode[] = ["detailed", "child_friendly", "sprite"];

interface Props {
  draft: Draft;
  onDraft(draft: Draft): void;
  onGrid(): void;
}

/** What helps to write: styles, a better prompt, many at once; and how the model reads what there is. */
export function PromptTools({ draft, onDraft, onGrid }: Props) {
  const [done, setDone] = useState<Done | null>(null);
  return (
    <>
      {done && <Enhanced done={done} draft={draft} onDraft={onDraft} onClose={() => setDone(null)} />}
      <div className="flex min-h-8 flex-wrap items-center gap-x-1 text-small text-pencil">
        <StylesMenu draft={draft} onDraft={onDraft} />
        <EnhanceMenu draft={draft} onDraft={onDraft} onDone={setDone} />
        <Tool label={words.grid} title={words.gridTitle} onClick={onGrid}>
          <Grid3x3 aria-hidden />
        </Tool>
        <Reading draft={draft} />
      </div>
    </>
  );
}

function Tool({ label, title, children, ...rest }: React.ComponentProps<"button"> & { label: string }) {
  return (
    <Button kind="quiet" title={title} className="px-2" {...rest}>
      {children}
      <span className="max-sm:sr-only">{label}</span>
    </Button>
  );
}

function StylesMenu({ draft, onDraft }: Omit<Props, "onGrid">) {
  const { data: presets } = usePresets();
  const card = useCard(draft.model);
  const { styles } = draft.extras;
  const suits = card?.id === "sprite" || card?.family === "fake" ? "sprite" : "general";
  const sorted = [...(presets?.styles ?? [])].sort((a, b) => Number(b.suits === suits) - Number(a.suits === suits));
  const toggle = (id: string) => {
    const next = styles.includes(id) ? styles.filter((one) => one !== id) : [...styles, id];
    onDraft({ ...draft, extras: { ...draft.extras, styles: next } });
  };
  return (
    <Menu
      align="start"
      trigger={
        <Tool label={styles.length ? words.stylesChosen(styles.length) : words.styles} title={words.stylesTitle}>
          <Palette aria-hidden className={styles.length ? "text-paper" : ""} />
        </Tool>
      }
    >
      <div className="max-h-80 overflow-y-auto">
        {sorted.map(({ id, name }) => (
          <DropdownMenu.CheckboxItem
            key={id}
            checked={styles.includes(id)}
            onCheckedChange={() => toggle(id)}
            onSelect={(event) => event.preventDefault()}
            className="flex h-8 items-center gap-2 rounded-control px-2 text-small outline-none select-none data-highlighted:bg-line pointer-coarse:h-10"
          >
            <span className="grow truncate">{name}</span>
            <DropdownMenu.ItemIndicator>
              <Check aria-hidden className="size-4" />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.CheckboxItem>
        ))}
      </div>
    </Menu>
  );
}

/** What was made better, with what there was before. */
type Done = { readonly before: Draft; readonly enhancement: Enhancement } | { readonly problem: Problem };

function EnhanceMenu({ draft, onDraft, onDone }: Omit<Props, "onGrid"> & { onDone(done: Done | null): void }) {
  const [asking, setAsking] = useState(false);
  const better = async (mode: Mode) => {
    setAsking(true);
    onDone(null);
    try {
      const enhancement = await enhance(draft.prompt, mode);
      const negative = draft.negative || enhancement.negative_prompt;
      onDraft({ ...draft, prompt: enhancement.prompt, negative });
      onDone({ before: draft, enhancement });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      onDone({ problem: error });
    } finally {
      setAsking(false);
    }
  };
  return (
    <Menu
      align="start"
      trigger={
        <Tool label={words.enhance} title={words.enhanceTitle} disabled={asking || draft.prompt.trim() === ""}>
          <WandSparkles aria-hidden />
        </Tool>
      }
    >
      <MenuNote>{words.enhanceTitle}</MenuNote>
      {MODES.map((mode) => (
        <MenuItem key={mode} onSelect={() => void better(mode)}>
          {words.modes[mode]}
        </MenuItem>
      ))}
    </Menu>
  );
}

function Enhanced({ done, draft, onDraft, onClose }: Omit<Props, "onGrid"> & { done: Done; onClose(): void }) {
  if ("problem" in done) {
    return (
      <p role="alert" className="px-2 text-small">
        <strong className="font-semibold">{done.problem.message}</strong>{" "}
        <span className="text-pencil">{done.problem.hint}</span>
      </p>
    );
  }
  const { before, enhancement } = done;
  const undo = () => {
    onDraft({ ...draft, prompt: before.prompt, negative: before.negative });
    onClose();
  };
  return (
    <p role="status" className="flex flex-wrap items-center gap-x-2 px-2 text-small text-pencil">
      <span>{[...enhancement.changes, enhancement.notice].filter(Boolean).join(" ") || words.nothingToDo}</span>
      <Button kind="quiet" className="h-6 px-2 text-paper" onClick={undo}>
        {words.undo}
      </Button>
    </p>
  );
}

/** Tokens, what is not read, lists that are not there; and what it would take. */
function Reading({ draft }: { draft: Draft }) {
  const { data } = useAnalysis(draft.prompt, draft.negative, draft.model);
  const { data: estimate } = useDraftEstimate(draft);
  const prompt = draft.prompt.trim() ? data?.prompt : undefined;
  const missing = prompt?.unknown_wildcards ?? [];
  const remarks = [
    prompt?.cut !== null && prompt?.cut !== undefined && words.cut(draft.prompt.slice(prompt.cut, prompt.cut + 24)),
    missing.length > 0 && words.noList(missing.join(", ")),
  ].filter(Boolean);
  return (
    <p data-testid="reading" className="ms-auto flex flex-wrap justify-end gap-x-3 px-2 text-end tabular-nums">
      {remarks.length > 0 && <span className="text-paper">{remarks.join(" ")}</span>}
      {prompt?.tokens !== null && prompt?.tokens !== undefined && (
        <span title={words.tokensTitle}>{words.tokens(prompt.tokens, prompt.limit, prompt.chunks)}</span>
      )}
      {estimate && !estimate.fits && <span className="text-paper">{strings.estimate.doesNotFit}</span>}
      {estimate?.fits && estimate.seconds !== null && <span>{strings.estimate.about(estimate.seconds)}</span>}
      {estimate?.price_usd ? <span>{strings.estimate.dollars(estimate.price_usd)}</span> : null}
    </p>
  );
}
