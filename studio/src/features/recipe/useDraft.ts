import { useEffect, useState } from "react";
import { type Draft, revive } from "@/features/recipe/draft";
import { recall, remember } from "@/ui/remembered";

const KEY = "draft";

/** The draft, kept over reloads in this browser. */
export function useDraft(): [Draft, (draft: Draft) => void] {
  const [draft, setDraft] = useState(() => revive(recall(KEY)));
  useEffect(() => remember(KEY, JSON.stringify(draft)), [draft]);
  return [draft, setDraft];
}
