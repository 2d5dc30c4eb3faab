// Many at once.
const time = (s: number): string => (s < 90 ? `${Math.max(1, Math.round(s))} s` : `${Math.round(s / 60)} min`);

export const grid = {
  title: "Grid",
  close: "Close",
  body: (prompt: string) => `“${prompt}”, once for every combination. Where no seed is kept, all cells share one.`,
  places: ["Columns", "Rows", "Sheets"],
  field: "What varies",
  fields: {
    prompt: "Words of the prompt",
    guidance: "Guidance",
    steps: "Steps",
    sampler: "Sampler",
    seed: "Seed",
    strength: "Strength",
    weight: "Image weight",
    lora: "LoRA weight",
  },
  values: "Values",
  replacements: "Words in its place",
  search: "Replaces",
  examples: {
    prompt: "red, blue, golden",
    guidance: "3, 5, 7",
    steps: "8 to 32 by 8",
    sampler: "euler, ddim",
    seed: "1 to 4",
    strength: "0.2 to 0.8 by 0.2",
    weight: "0.2 to 0.8 by 0.2",
    lora: "0, 0.5, 1",
  },
  hint: "Values with commas between them, or like “3 to 9 by 2”.",
  faults: {
    empty: "Give at least one value.",
    number: "Numbers, please, with commas between them.",
    span: "That leads nowhere, or too far: like “3 to 9 by 2”.",
    search: "The prompt does not have these words.",
    sampler: "The model has no such sampler.",
  },
  add: "Vary something else, too",
  remove: (place: string) => `Remove: ${place.toLowerCase()}`,
  develop: (cells: number) => (cells === 1 ? "Develop 1 picture" : `Develop ${cells} pictures`),
  takes: (s: number) => `about ${time(s)}`,
  tooMany: (most: number) => `${most} pictures are the most.`,
  sheet: "Sheet",
  progress: (ended: number, of: number, failed: number) =>
    [`${ended} of ${of} pictures`, failed > 0 && `${failed} failed`].filter(Boolean).join(", "),
  cancel: "Draw no more of it",
  download: "Download the sheet",
  leave: "Put the sheet away",
  back: "Back to the sheet",
  cell: (name: string, state: string) => `${name}: ${state.toLowerCase()}`,
} as const;

export const cells = {
  waiting: "Waits",
  queued: "In line",
  running: "Developing",
  paused: "Paused",
  finished: "Finished",
  failed: "Failed",
  cancelled: "Cancelled",
} as const;
