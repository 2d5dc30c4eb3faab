// Which language is spoken. English comes with the studio; the others are fetched when they are asked for.
import { createStore, useStore } from "zustand";
import type { Words } from "@/strings";
import { recall, remember } from "@/ui/remembered";

/** The languages by their own names. */
export const TONGUES = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  zh: "简体中文",
  ja: "日本語",
} as const;
export type Tongue = keyof typeof TONGUES;
/** `browser` takes the first language of the browser's that there is. */
export type Choice = Tongue | "browser";

/** Words of the same shape, in whatever language. */
export type Wide<T> = T extends string
  ? string
  : T extends (...given: infer Given) => string
    ? (...given: Given) => string
    : { readonly [Key in keyof T]: Wide<T[Key]> };

type Studio = typeof import("@/words/de/studio").studio;
/** A language as its files have it. One in which a word is missing does not compile. */
type Parts = Omit<Words, keyof Studio> & { readonly studio: Pick<Words, keyof Studio & keyof Words> };
const whole = ({ studio, ...others }: Parts): Words => ({ ...others, ...studio });

const LOADERS: Readonly<Record<Tongue, () => Promise<Words | null>>> = {
  en: async () => null,
  de: async () => whole(await import("@/words/de")),
  fr: async () => whole(await import("@/words/fr")),
  es: async () => whole(await import("@/words/es")),
  zh: async () => whole(await import("@/words/zh")),
  ja: async () => whole(await import("@/words/ja")),
};
/** How a page in it is marked: the script decides which shapes the same characters have. */
const TAGS: Readonly<Record<Tongue, string>> = { en: "en", de: "de", fr: "fr", es: "es", zh: "zh-Hans", ja: "ja" };
const KEY = "language";
const FROM_THE_RIGHT = /^(ar|dv|fa|he|ku|ps|sd|ug|ur|yi)\b/;

interface Spoken {
  readonly tongue: Tongue;
  /** Null for English, which is always there. */
  readonly words: Words | null;
}
const spoken = createStore<Spoken>(() => ({ tongue: "en", words: null }));

/** A view of `english` whose words are those of the language that is spoken when they are read. */
export function live<T extends object>(
  english: T,
  now: () => T = () => (spoken.getState().words as T | null) ?? english,
): T {
  const view = {};
  for (const [key, word] of Object.entries(english)) {
    const read = () => now()[key as keyof T];
    const group = isGroup(word) ? live(word, read as () => typeof word) : null;
    Object.defineProperty(view, key, { enumerable: true, get: group ? () => group : read });
  }
  return view as T;
}

const isGroup = (word: unknown): word is object => typeof word === "object" && word !== null && !Array.isArray(word);

/** What the person chose in this browser. */
export function choice(): Choice {
  const kept = recall(KEY);
  return isTongue(kept) ? kept : "browser";
}

/** The language for a choice; of the browser's own the first that there is, and English else. */
export function tongueFor(choice: Choice, browser: readonly string[]): Tongue {
  if (choice !== "browser") return choice;
  return browser.map((tag) => tag.toLowerCase().split("-")[0] ?? "").find(isTongue) ?? "en";
}

const isTongue = (name: string | null): name is Tongue => name !== null && Object.hasOwn(TONGUES, name);

/** Speaks as it was chosen. Rejects when the words cannot be fetched; what was spoken before is spoken on. */
export async function speak(choice: Choice): Promise<void> {
  const tongue = tongueFor(choice, navigator.languages);
  const words = await LOADERS[tongue]();
  const page = document.documentElement;
  page.lang = TAGS[tongue];
  page.dir = directionOf(TAGS[tongue]);
  spoken.setState({ tongue, words });
}

/** Speaks so from now on, in this browser. */
export async function choose(choice: Choice): Promise<void> {
  await speak(choice);
  remember(KEY, choice);
}

/** Where the lines of a language begin. What the browser remembers as `direction` wins, to look at pages the other way round. */
export function directionOf(tag: string): "ltr" | "rtl" {
  const kept = recall("direction");
  if (kept === "ltr" || kept === "rtl") return kept;
  return FROM_THE_RIGHT.test(tag) ? "rtl" : "ltr";
}

export const useTongue = (): Tongue => useStore(spoken, ({ tongue }) => tongue);
