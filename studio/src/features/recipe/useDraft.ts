import { useEffect, useState } from "react";
import { type Draft, revive } from "@/features/recipe/draft";

const KEY = "safelight.draft";

/** The draft, kept over reloads in this browser. */
export function useDraft(): [Draft, (draft: Draft) => void] {
  const [draft, setDraft] = useState(() => revive(localStorage.getItem(KEY)));
  useEffect(() => localStorage.setItem(KEY, JSON.stringify(draft)), [draft]);
  return [draft, setDraft];
}
