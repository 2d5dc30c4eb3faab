// Every word the studio says, in one place, and in English. The other languages (`words/de.ts` and so on) have its type:
// whatever is said here, and not in all of them, does not compile.
import type { Development, Phase } from "@/features/develop/development";
import { app, language } from "@/words/app";
import { cells, grid } from "@/words/batch";
import { acts, branch, noise, paint, phases, reproduce, sheet } from "@/words/darkroom";
import { bringing, compare, detail, gallery, shared } from "@/words/gallery";
import { about, admin, docs, models, settings } from "@/words/house";
import { defaults, moderation, policy, previews, privacy } from "@/words/privacy";
import { queue } from "@/words/queue";
import {
  adapters,
  estimate,
  image,
  larger,
  model,
  noiseSection,
  promptImage,
  sampling,
  start,
  suggestions,
  tools,
} from "@/words/recipe";
import { choice, previewed, services } from "@/words/services";
import { session, shell } from "@/words/shell";
import { live, type Wide } from "@/words/speaking";
import { timelapse } from "@/words/timelapse";
import { usage } from "@/words/usage";

const seconds = (s: number): string => {
  if (s < 1) return "under 1 s";
  if (s < 90) return `${Math.round(s)} s`;
  return `${Math.round(s / 60)} min`;
};
const pictures = (n: number): string => (n === 1 ? "picture" : `${n} pictures`);
const waiting = (position: number): string => {
  if (position === 0) return "Next in line.";
  return position === 1 ? "One generation goes first." : `${position} generations go first.`;
};

const announce: Record<Phase, (now: Development) => string> = {
  queued: (now) => `Waiting. ${waiting(now.position)}`,
  running: (now) => `Developing “${now.recipe.prompt}”.`,
  paused: (now) => `Paused at step ${Math.max(0, ...now.prints.map(({ done }) => done))} of ${now.total}.`,
  finished: (now) => `Finished: ${pictures(now.prints.length)} of “${now.recipe.prompt}”.`,
  failed: (now) => `The generation failed. ${now.failure?.detail ?? ""}`,
  cancelled: () => "Stopped.",
};

const english = {
  name: "Safelight",
  title: (percent: number, prompt: string) => `${percent} % · ${prompt}`,
  seconds,
  prompt: {
    label: "Prompt",
    placeholder: "Describe a picture",
    develop: "Develop",
    developHint: "Develop (Enter)",
    sending: "Sending",
    empty: "Describe a picture first.",
  },
  parameters: {
    title: "Parameters",
    open: "Parameters",
    show: "Show parameters",
    hide: "Hide parameters",
    close: "Done",
    reset: "Reset to the model's own",
    model: "Model",
    modelFallback: "The server's own",
    quality: "Quality",
    qualityOwn: "Default",
    qualityOwnTitle: "As the model was made to be used",
    qualityTitle: (steps: number, guidance: number) => `${steps} steps, guidance ${guidance}`,
    steps: "Steps",
    guidance: "Guidance",
    sampler: "Sampler",
    samplerOwn: (name: string) => `${name}, the model's own`,
    size: "Size",
    sizeNative: (size: string) => `${size}, native`,
    sizeCustom: "Custom",
    width: "Width",
    height: "Height",
    sizeRule: (multiple: number, smallest: number, largest: number) =>
      `Multiples of ${multiple}, ${smallest} to ${largest}`,
    seed: "Seed",
    seedRandom: "New each time",
    seedRoll: "Roll a seed and keep it",
    seedLock: "Keep this seed",
    seedUnlock: "A new seed each time",
    count: "Pictures",
    negative: "Without",
    negativePlaceholder: "What it should not show",
  },
  samplers: {
    ddim: "DDIM",
    euler: "Euler",
    euler_a: "Euler a",
    heun: "Heun",
    dpm2: "DPM2",
    dpmpp_2m: "DPM++ 2M",
    dpmpp_2m_sde: "DPM++ 2M SDE",
    dpmpp_sde: "DPM++ SDE",
    unipc: "UniPC",
    lcm: "LCM",
    pndm: "PNDM",
  },
  print: {
    area: "Tray",
    alt: (prompt: string, at: string) => `${prompt} (${at})`,
    finished: "finished print",
    atStep: (step: number) => `step ${step}`,
    select: (n: number, of: number) => `Print ${n} of ${of}`,
    compare: "Compare: how much of the pinned print is shown",
    compareValue: (percent: number) => `${percent} percent`,
  },
  strip: {
    label: "Steps",
    value: (step: number, total: number, sigma: string) => `Step ${step} of ${total}, sigma ${sigma}`,
    valueFinished: "Finished print",
    valueEmpty: "No step yet",
    compare: "Compare",
    compareTitle: "Compare the pinned step with the newest (C)",
    compareNewest: "With the newest",
    uncompare: "Stop comparing",
    unpin: "Newest",
    unpinTitle: "Let go of the pin and follow the newest (Esc)",
    step: (step: number, total: number) => `${step} / ${total}`,
    stepLabel: "Step",
    left: (s: number) => `${seconds(s)} left`,
    seed: "seed",
    seedCopy: (seed: number) => `Copy the seed ${seed}`,
    copied: "Copied",
    finished: "Finished print",
    download: "Download",
    gone: "The steps of this picture are no longer kept.",
    someGone: "Some steps of this picture are no longer kept.",
  },
  waiting: {
    title: waiting,
    eta: (s: number) => (s < 1 ? "It starts in a moment." : `It starts in about ${seconds(s)}.`),
    starting: "In the tray. The first step is on its way.",
    paused: "Paused before the first step.",
    cancel: "Cancel",
  },
  empty: {
    title: "Nothing in the tray yet.",
    body: "Describe a picture and watch it develop.",
    first: "Safelight draws on your own machine and shows every step; stop, steer or branch at any of them.",
    action: (prompt: string) => `Try “${prompt}”`,
    examples: ["a red dragon", "a green apple", "a blue rocket", "an orange cat"],
  },
  ended: {
    failed: "The picture could not be finished.",
    cancelled: (step: number, total: number) => `Stopped at step ${step} of ${total}.`,
    cancelledEarly: "Stopped before the first step.",
    keptSteps: "The steps so far are kept below.",
    again: "Develop again",
  },
  lost: {
    title: "This generation is no longer known.",
    action: "Start anew",
  },
  server: {
    unknown: "Asking",
    ready: "Ready",
    loading: "Loading",
    offline: "Offline",
    offlineTitle: "The server does not answer.",
    offlineBody: "Your prompt is kept. Start it with “safelight serve”.",
    retry: "Try again",
    check: "Check again",
    reconnecting: "The line to the server is lost; reconnecting. The generation is kept.",
  },
  problem: {
    unreachable: "The server does not answer.",
    unreachableHint: "Your prompt is kept. Start it with “safelight serve”, then try again.",
    unexplained: (status: number) => `The server answered with status ${status} and no explanation.`,
  },
  recent: {
    title: "Recent pictures",
    empty: "Finished pictures hang here to dry.",
    open: (prompt: string) => `Open “${prompt}”`,
    running: (prompt: string, percent: number) => `“${prompt}”, ${percent} percent developed. Watch it.`,
    queued: (prompt: string, ahead: number) =>
      `“${prompt}”, waiting${ahead > 0 ? `; ${ahead} go first` : ""}. Watch it.`,
    paused: (prompt: string, percent: number) => `“${prompt}”, paused at ${percent} percent. Look at it.`,
    place: (number: number) => `No. ${number} in line`,
    cancel: (prompt: string) => `Cancel “${prompt}”`,
  },
  picture: {
    recipe: "Recipe",
    download: "Download",
    use: "Use this recipe",
    close: "Close",
    previous: "Previous picture",
    next: "Next picture",
    negative: "Without",
    size: "Size",
    steps: "Steps",
    guidance: "Guidance",
    sampler: "Sampler",
    seed: "Seed",
    model: "Model",
    made: "Made",
    watch: "See its steps",
  },
  broken: {
    title: "The studio broke. Your generations did not: they go on at the server.",
    action: "Reload",
  },
  theme: { label: "Theme", dark: "Dark", light: "Light", system: "As the system" },
  keys: {
    title: "Keys",
    open: "All keys (?)",
    close: "Close",
    groups: [
      { keys: ["/"], does: "Write the prompt" },
      { keys: ["Enter"], does: "Develop" },
      { keys: ["Shift", "Enter"], does: "New line in the prompt" },
      { keys: ["←", "→"], does: "Go through the steps" },
      { keys: ["click"], does: "Pin a step of the strip" },
      { keys: ["Shift", "click"], does: "Pin a second one and compare" },
      { keys: ["C"], does: "Compare the pinned step with the newest" },
      { keys: ["Space"], does: "Pause, and go on" },
      { keys: ["S"], does: "Steer from the next step on" },
      { keys: ["I"], does: "Inject noise now" },
      { keys: ["B"], does: "Branch from the step that is shown" },
      { keys: ["Drag"], does: "Compare two steps of the strip" },
      { keys: ["Esc"], does: "Let go of the pin; then stop following (the generation goes on)" },
      { keys: ["P"], does: "Show or hide the parameters" },
    ],
  },
  phases,
  acts,
  branch,
  sheet,
  noise,
  paint,
  reproduce,
  grid,
  cells,
  model,
  sampling,
  image,
  start,
  promptImage,
  noiseSection,
  adapters,
  larger,
  estimate,
  suggestions,
  tools,
  language,
  app,
  choice,
  defaults,
  moderation,
  policy,
  previews,
  privacy,
  queue,
  timelapse,
  usage,
  previewed,
  services,
  shell,
  session,
  gallery,
  detail,
  compare,
  bringing,
  shared,
  models,
  settings,
  admin,
  about,
  docs,
  announce: { ...announce, quarter: (percent: number) => `${percent} percent developed.` },
} as const;

export type Words = Wide<typeof english>;

/** The words of the language that is spoken now. Read a word where it is shown: one that was kept stays as it was. */
export const strings: Words = live<Words>(english);
