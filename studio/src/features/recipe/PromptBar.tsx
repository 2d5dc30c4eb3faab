import { SlidersHorizontal } from "lucide-react";
import { type FormEvent, type KeyboardEvent, type RefObject, useId } from "react";
import type { Problem } from "@/api/problem";
import { strings } from "@/strings";
import { Button, IconButton } from "@/ui/button";

const words = strings.prompt;

interface Props {
  prompt: string;
  onPrompt(prompt: string): void;
  onDevelop(): void;
  sending: boolean;
  problem: Problem | null;
  field: RefObject<HTMLTextAreaElement | null>;
  /** Opens the parameters, where they are not beside the page. */
  onParameters: (() => void) | null;
}

/** Where pictures begin. Enter develops, Shift+Enter breaks the line. */
export function PromptBar({ prompt, onPrompt, onDevelop, sending, problem, field, onParameters }: Props) {
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onDevelop();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onDevelop();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      {problem && (
        <p id={`${id}-problem`} role="alert" className="px-4 text-small text-paper">
          <strong className="font-semibold">{problem.message}</strong>{" "}
          <span className="text-pencil">{[problem.hint, ...fieldLines(problem)].filter(Boolean).join(" ")}</span>
        </p>
      )}
      <div className="flex items-end gap-1 rounded-control bg-raised p-1.5 outline-safe has-[textarea:focus-visible]:outline-1 lg:gap-2 lg:p-2">
        <label htmlFor={id} className="sr-only">
          {words.label}
        </label>
        <textarea
          id={id}
          ref={field}
          rows={1}
          maxLength={10_000}
          value={prompt}
          onChange={(event) => onPrompt(event.target.value)}
          onKeyDown={press}
          placeholder={words.placeholder}
          aria-invalid={problem !== null}
          aria-describedby={problem ? `${id}-problem` : undefined}
          enterKeyHint="go"
          className="field-sizing-content max-h-40 min-h-11 min-w-0 grow resize-none self-center bg-transparent px-2.5 py-2 text-[1rem] outline-none lg:text-title"
        />
        {onParameters && (
          <IconButton label={strings.parameters.open} size="touch" onClick={onParameters}>
            <SlidersHorizontal aria-hidden />
          </IconButton>
        )}
        <Button type="submit" kind="primary" size="large" title={words.developHint} aria-busy={sending}>
          {words.develop}
        </Button>
      </div>
    </form>
  );
}

const fieldLines = ({ fields }: Problem): string[] =>
  Object.entries(fields).map(([field, says]) => `${field}: ${says}.`);
