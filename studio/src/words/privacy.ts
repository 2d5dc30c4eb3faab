// What the settings say of previews, moderation, privacy, and of how long things are kept.
export const previews = {
  title: "Previews",
  body: "How the steps come to this browser. On a slow line, fewer and smaller ones leave more room.",
  every: "Shown",
  cadence: { "1": "Every step", "2": "Every 2nd", "4": "Every 4th", none: "None" },
  size: "Size",
  sizes: { "128": "Small", "256": "Medium", "512": "Large" },
} as const;

export const moderation = {
  title: "Moderation",
  body: "What this server would say of a prompt. Nothing is drawn.",
  text: "Prompt",
  test: "Test",
  allowed: "It would be drawn.",
  refused: (what: string) => `It would be refused: ${what}.`,
  scores: (scores: string) => `Seen in it: ${scores}.`,
  score: (category: string, percent: number) => `${category} ${percent} %`,
  journal: "Refused lately",
  noRefusals: "Nothing was refused.",
  when: "When",
  what: "What",
  why: "Why",
  subjects: {
    prompt: "A prompt",
    preview: "A preview",
    picture: "A picture",
    input: "An image that was given",
    image: "An image",
  },
  categories: {
    sexual: "sexual",
    minors: "minors",
    violence: "violence",
    hate: "hate",
    self_harm: "self-harm",
    illegal: "illegal",
  },
} as const;

export const policy = {
  title: (workspace: string) => `Workspace “${workspace}”`,
  body: "What is different here from the rest of the server. What is left empty is as everywhere.",
  kept: "How long things are kept, in days",
  retention: { pictures: "Pictures", trash: "Trash", generations: "Generations", verdicts: "Verdicts" },
  thresholds: "Refused from this score on",
  thresholdsHint: "From 0, which refuses everything, to 1. Above 1 lets it pass, where the server allows that.",
  texts: "Prompts",
  pictures: "Pictures",
  of: (category: string, kind: string) => `${category}, ${kind.toLowerCase()}`,
  analytics: "Count who uses it, by name",
  save: "Save",
  saved: "Saved. It counts from the next request on.",
} as const;

export const privacy = {
  title: "Privacy",
  body: "What this server keeps of you, and what becomes of it.",
  analytics: "Count my use under my name",
  export: "Download it all",
  exportBody: "Account, generations, pictures, images, links, verdicts: one zip.",
  consent: "What you agree to",
  agree: "I agree",
  agreed: (when: string) => `You agreed ${when}.`,
  erase: "Erase me",
  eraseTitle: "Erase everything of yours?",
  eraseBody: "Account, keys, generations, and pictures with their files and links go for good. There is no way back.",
  eraseConfirm: (name: string) => `Write “${name}” to say that it is meant`,
  erased: (pictures: number, generations: number) => `Erased: ${pictures} pictures, ${generations} generations.`,
} as const;

export const defaults = {
  body: "What Generate begins with in this browser. What you change there stays until you begin afresh.",
} as const;
