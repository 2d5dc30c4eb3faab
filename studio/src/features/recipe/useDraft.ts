import { useEffect, useState } from "react";
import { BLANK, type Draft, revive } from "@/features/recipe/draft";
import { recall, remember } from "@/ui/remembered";

const KEY = "draft";
const DEFAULTS = "defaults";

type Defaults = Pick<Draft, "model" | "steps" | "size" | "count"> & { readonly extras: Draft["extras"] };

/** The draft, kept over reloads in this browser; the first one is as the defaults say. */
export function useDraft(): [Draft, (draft: Draft) => void] {
  const [draft, setDraft] = useState(() => {
    const stored = recall(KEY);
    return stored === null ? { ...BLANK, ...recallDefaults() } : revive(stored);
  });
  useEffect(() => remember(KEY, JSON.stringify(draft)), [draft]);
  return [draft, setDraft];
}

export function recallDefaults(): Defaults {
  const { model, steps, size, count, extras } = revive(recall(DEFAULTS));
  return { model, steps, size, count, extras };
}

/** Keeps them, and has them in the draft that is under way. */
export function rememberDefaults({ model, steps, size, count, extras }: Draft): void {
  const { provider } = extras;
  const kept = { model, steps, size, count, extras: { ...BLANK.extras, provider } };
  remember(DEFAULTS, JSON.stringify(kept));
  const draft = revive(recall(KEY));
  remember(KEY, JSON.stringify({ ...draft, ...kept, extras: { ...draft.extras, provider } }));
}
