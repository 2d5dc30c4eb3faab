import type { Suggestion } from "@/features/recipe/suggestions";
import { strings } from "@/strings";

const words = strings.suggestions;

interface Props {
  id: string;
  suggestions: readonly Suggestion[];
  /** Which one Enter would take; -1 for none. */
  at: number;
  onAccept(suggestion: Suggestion): void;
}

/** What may be meant, over the prompt. The focus stays in the prompt. */
export function Suggestions({ id, suggestions, at, onAccept }: Props) {
  if (suggestions.length === 0) return null;
  return (
    <div
      id={id}
      role="listbox"
      aria-label={words.label}
      className="absolute inset-x-0 bottom-full z-20 mb-2 max-w-md overflow-hidden rounded-control bg-raised p-1 shadow-float animate-appear"
    >
      {suggestions.map((suggestion, n) => (
        <div
          key={suggestion.text}
          id={`${id}-${n}`}
          role="option"
          tabIndex={-1}
          aria-selected={n === at}
          // The pointer must not take the focus from the prompt.
          onPointerDown={(event) => {
            event.preventDefault();
            onAccept(suggestion);
          }}
          className="flex h-8 items-center gap-4 rounded-control px-2 text-small hover:bg-line aria-selected:bg-line pointer-coarse:h-10"
        >
          <span className="truncate">{suggestion.text}</span>
          <span className="ms-auto shrink-0 text-pencil">{words.kinds[suggestion.kind]}</span>
        </div>
      ))}
    </div>
  );
}
