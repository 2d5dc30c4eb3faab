// What may be meant by what is being typed. Pure.

export interface Suggestion {
  /** What it puts in. */
  readonly text: string;
  /** From where on it replaces what stands before the caret. */
  readonly from: number;
  readonly kind: "wildcard" | "prompt" | "trigger";
}

export interface Known {
  /** Names of lists of words. */
  readonly wildcards: readonly string[];
  /** Prompts that were drawn before, newest first. */
  readonly prompts: readonly string[];
  /** Words that bring out the LoRAs in use. */
  readonly triggers: readonly string[];
}

const MOST = 6;
const LIST = /__([\w-]*)$/;
const LEAST = 2;

/** For the text before the caret: lists after `__`, words that a LoRA listens to, and earlier prompts that begin so. */
export function suggestionsFor(before: string, known: Known): readonly Suggestion[] {
  const list = LIST.exec(before);
  if (list) {
    const typed = (list[1] ?? "").toLowerCase();
    return known.wildcards
      .filter((name) => name.startsWith(typed) && `__${name}__` !== list[0])
      .slice(0, MOST)
      .map((name) => ({ text: `__${name}__`, from: list.index, kind: "wildcard" }));
  }
  const word = /[\p{L}\p{N}-]+$/u.exec(before);
  const triggers = (word?.[0].length ?? 0) >= LEAST ? known.triggers.filter((one) => begins(one, word?.[0] ?? "")) : [];
  const whole = before.trimStart();
  const prompts = whole.length >= LEAST ? [...new Set(known.prompts)].filter((one) => begins(one, whole)) : [];
  return [
    ...triggers.map((text) => ({ text, from: word?.index ?? before.length, kind: "trigger" as const })),
    ...prompts.map((text) => ({ text, from: before.length - whole.length, kind: "prompt" as const })),
  ].slice(0, MOST);
}

const begins = (text: string, typed: string): boolean =>
  text.length > typed.length && text.toLowerCase().startsWith(typed.toLowerCase());

/** The prompt with a suggestion in it, and where the caret is then. */
export function accept(prompt: string, caret: number, { text, from, kind }: Suggestion): [string, number] {
  const rest = kind === "prompt" ? "" : prompt.slice(caret);
  return [prompt.slice(0, from) + text + rest, from + text.length];
}
