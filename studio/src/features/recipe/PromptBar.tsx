import { SlidersHorizontal } from "lucide-react";
import { type FormEvent, type KeyboardEvent, type RefObject, useId } from "react";
import type { Problem } from "@/api/problem";
import type { Draft } from "@/features/recipe/draft";
import { Highlight } from "@/features/recipe/Highlight";
import { PromptTools } from "@/features/recipe/PromptTools";
import { Suggestions } from "@/features/recipe/Suggestions";
import { usePromptField } from "@/features/recipe/usePromptField";
import { strings } from "@/strings";
import { Button, IconButton } from "@/ui/button";

const words = strings.prompt;
/** What the prompt and what lies behind it have in common, to the pixel. */
const TYPE = "px-2.5 py-2 text-[1rem] lg:text-title";

interface Props {
  draft: Draft;
  onDraft(draft: Draft): void;
  onDevelop(): void;
  /** Opens what draws many at once. */
  onGrid(): void;
  sending: boolean;
  problem: Problem | null;
  field: RefObject<HTMLTextAreaElement | null>;
  /** Opens the parameters, where they are not beside the page. */
  onParameters: (() => void) | null;
}

/** Where pictures begin. Enter develops, Shift+Enter breaks the line. */
export function PromptBar({ draft, onDraft, onDevelop, onGrid, sending, problem, field, onParameters }: Props) {
  const id = useId();
  const write = (prompt: string) => onDraft({ ...draft, prompt });
  const { suggestions, at, take, press, type, close } = usePromptField(draft, field, write);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onDevelop();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || press(event)) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    close();
    onDevelop();
  };
  return (
    <form onSubmit={submit} className="relative flex flex-col gap-1">
      {problem && <Wrong id={`${id}-problem`} problem={problem} />}
      <Suggestions id={`${id}-list`} suggestions={suggestions} at={at} onAccept={take} />
      <div className="flex items-end gap-1 rounded-control bg-raised p-1.5 outline-safe has-[textarea:focus-visible]:outline-1 lg:gap-2 lg:p-2">
        <label htmlFor={id} className="sr-only">
          {words.label}
        </label>
        <div className="relative flex min-w-0 grow self-center">
          <Highlight prompt={draft.prompt} className={TYPE} />
          <textarea
            id={id}
            ref={field}
            rows={1}
            maxLength={10_000}
            value={draft.prompt}
            onChange={(event) => type(event.target.value, event.target.selectionStart)}
            onKeyDown={pressed}
            onBlur={close}
            placeholder={words.placeholder}
            aria-invalid={problem !== null}
            aria-describedby={problem ? `${id}-problem` : undefined}
            aria-autocomplete="list"
            aria-controls={suggestions.length ? `${id}-list` : undefined}
            aria-activedescendant={at >= 0 ? `${id}-list-${at}` : undefined}
            enterKeyHint="go"
            className={`relative field-sizing-content max-h-40 min-h-11 min-w-0 grow resize-none bg-transparent outline-none ${TYPE}`}
          />
        </div>
        {onParameters && (
          <IconButton label={strings.parameters.open} size="touch" onClick={onParameters}>
            <SlidersHorizontal aria-hidden />
          </IconButton>
        )}
        <Button type="submit" kind="primary" size="large" title={words.developHint} aria-busy={sending}>
          {words.develop}
        </Button>
      </div>
      <PromptTools draft={draft} onDraft={onDraft} onGrid={onGrid} />
    </form>
  );
}

/** What was refused, why, and what to do; the prompt is kept. */
function Wrong({ id, problem }: { id: string; problem: Problem }) {
  const more = [problem.hint, ...fieldLines(problem)].filter(Boolean).join(" ");
  return (
    <p id={id} role="alert" className="px-4 text-small text-paper">
      <strong className="font-semibold">{problem.message}</strong> <span className="text-pencil">{more}</span>
    </p>
  );
}

const fieldLines = ({ fields }: Problem): string[] =>
  Object.entries(fields).map(([field, says]) => `${field}: ${says}.`);
