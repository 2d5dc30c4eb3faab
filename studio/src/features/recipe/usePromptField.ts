import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";
import { usePictures, usePresets } from "@/api/queries";
import { useAdapters } from "@/api/writing";
import type { Draft } from "@/features/recipe/draft";
import { accept, type Suggestion, suggestionsFor } from "@/features/recipe/suggestions";

/** The caret in the prompt, what is suggested there, and the keys that choose among it. */
export function usePromptField(
  draft: Draft,
  field: RefObject<HTMLTextAreaElement | null>,
  onPrompt: (prompt: string) => void,
) {
  const { data: presets } = usePresets();
  const { data: pictures = [] } = usePictures();
  const { data: adapters = [] } = useAdapters();
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(-1);
  const wanted = useRef<number | null>(null);
  const known = {
    wildcards: presets?.wildcards ?? [],
    prompts: pictures.flatMap(({ recipe }) => (recipe ? [recipe.prompt_template ?? recipe.prompt] : [])),
    triggers: adapters
      .filter(({ id }) => draft.extras.loras.some((lora) => lora.id === id))
      .flatMap(({ triggers }) => triggers),
  };
  const suggestions = caret === null ? [] : suggestionsFor(draft.prompt.slice(0, caret), known);
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    field.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = null;
  });
  const close = () => {
    setCaret(null);
    setAt(-1);
  };
  const take = (suggestion: Suggestion) => {
    const [prompt, then] = accept(draft.prompt, caret ?? draft.prompt.length, suggestion);
    wanted.current = then;
    onPrompt(prompt);
    close();
  };
  /** Whether the key was meant for the list. */
  const press = (event: KeyboardEvent): boolean => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = suggestions[at] ?? (event.key === "Tab" ? suggestions[0] : undefined);
    if (suggestions.length === 0) return false;
    if (move) setAt((at + move + suggestions.length + (at < 0 && move < 0 ? 1 : 0)) % suggestions.length);
    else if (event.key === "Escape") close();
    else if (chosen && !event.shiftKey && (event.key === "Enter" || event.key === "Tab")) take(chosen);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const type = (prompt: string, to: number) => {
    setCaret(to);
    setAt(-1);
    onPrompt(prompt);
  };
  return { suggestions, at, take, press, type, close };
}
