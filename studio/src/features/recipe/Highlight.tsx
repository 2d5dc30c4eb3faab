import { piecesOf } from "@/features/recipe/weights";

/** Above this weight, and below its inverse, it does not get any louder. */
const LOUDEST = 1.6;

/** Lies behind a prompt and shows which words weigh more, by a line under them, or less, by a broken one. */
export function Highlight({ prompt, className }: { prompt: string; className: string }) {
  const pieces = piecesOf(prompt);
  if (pieces.every(({ weight }) => weight === 1)) return null;
  let at = 0;
  return (
    <div
      aria-hidden
      data-testid="weights"
      className={`pointer-events-none absolute inset-0 overflow-hidden whitespace-pre-wrap break-words text-transparent ${className}`}
    >
      {pieces.map(({ text, weight }) => {
        const key = at;
        at += text.length;
        if (weight === 1) return <span key={key}>{text}</span>;
        const loud = Math.min(1, Math.abs(Math.log(weight)) / Math.log(LOUDEST));
        return (
          <span
            key={key}
            className="underline decoration-pencil underline-offset-4"
            style={{
              textDecorationThickness: `${1 + Math.round(loud * 3)}px`,
              textDecorationStyle: weight < 1 ? "dotted" : "solid",
            }}
          >
            {text}
          </span>
        );
      })}
    </div>
  );
}
