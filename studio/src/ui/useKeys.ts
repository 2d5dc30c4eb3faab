import { useEffect, useRef } from "react";

export type Bindings = Readonly<Record<string, () => void>>;

const WRITING = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";
/** What Space presses. */
const PRESSED =
  "button, a[href], summary, input[type=checkbox], input[type=radio], [role=radio], [role=switch], [role=checkbox]";
/** Open menus, lists and dialogs keep their own keys. */
const FLOATING = "[role=dialog], [role=alertdialog], [role=listbox][data-state], [role=menu]";

/** Keys of the whole page. While somebody writes, only Escape is heard; while something floats, none. */
export function useKeys(bindings: Bindings): void {
  const current = useRef(bindings);
  current.current = bindings;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target instanceof Element ? event.target : document.body;
      if (document.querySelector(FLOATING)) return;
      if (target.matches(WRITING) && event.key !== "Escape") return;
      if (event.key === " " && target.matches(PRESSED)) return;
      if (ownsArrows(target) && event.key.startsWith("Arrow")) return;
      const act = current.current[event.key] ?? current.current[event.key.toLowerCase()];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

/** Sliders and radio groups move by arrows themselves; the strip leaves them to the page. */
const ownsArrows = (target: Element): boolean =>
  target.matches("input[type=range], [role=radio], [role=slider]:not([data-testid=strip])");
