// What a recipe is made of, besides its prompt, and what is said of it before it is drawn.
const round = (share: number): string => String(Math.round(share * 100) / 100);
const bytes = (count: number): string =>
  count >= 2 ** 30 ? `${(count / 2 ** 30).toFixed(1)} GB` : `${Math.max(1, Math.round(count / 2 ** 20))} MB`;
const abilities = { image: "start from an image", injection: "inject noise", steering: "be steered" } as const;

export const model = {
  loaded: "Loaded",
  installed: "Loads with the first picture",
  gigabytes: (size: number) => (size < 0.1 ? `${Math.round(size * 1024)} MB` : `${size.toFixed(1)} GB`),
  cannot: (what: readonly (keyof typeof abilities)[]) => `Cannot ${what.map((one) => abilities[one]).join(", ")}`,
} as const;

export const sampling = {
  title: "Sampling",
  schedule: "Noise levels",
  schedules: { model: "As the model was trained", karras: "Karras", exponential: "Exponential" },
  clipSkip: "Layers of the text encoder left out",
} as const;

export const image = {
  choose: "Drop, paste or choose an image",
  sending: "One moment",
  recent: "Or one of the recent pictures",
  take: (title: string, as: string) => `Take “${title}” as ${as.toLowerCase()}`,
  remove: (label: string) => `Remove: ${label.toLowerCase()}`,
  gone: "This image is no longer kept. Choose it again.",
} as const;

export const start = {
  title: "Start from an image",
  told: (step: number | null, strength: number, masked: boolean, wider: boolean) =>
    [step === null ? `strength ${round(strength)}` : `from step ${step}`, masked && "masked", wider && "wider"]
      .filter(Boolean)
      .join(", "),
  image: "Start image",
  strength: "Strength",
  way: "How much of it goes",
  atStep: "From step",
  atStepHint: (step: number, of: number) =>
    `It gets the noise of step ${step}; ${Math.max(0, of - step + 1)} steps are taken.`,
  strengthHint: "0 keeps the image, 1 forgets it.",
  mask: "Paint what is drawn anew",
  maskTitle: "What is drawn anew",
  maskHint: "What you paint is drawn anew; the rest keeps its pixels.",
  maskChange: "Change the mask",
  maskRemove: "Draw all of it",
  invert: "Turn the mask round",
  feather: "Soft edge in pixels",
  outpaint: "Draw more around it",
  outpaintHint: "Pixels drawn around the image",
  outpaintRemove: "Nothing around it",
  sides: { left: "Left", right: "Right", top: "Above", bottom: "Below" },
} as const;

export const promptImage = {
  title: "Image as prompt",
  told: (weight: number) => `weight ${round(weight)}`,
  image: "Prompt image",
  weight: "Weight",
  hint: "0 hears the words alone, 1 the image alone.",
} as const;

export const noiseSection = {
  title: "Noise under way",
  told: (count: number) => (count === 1 ? "1 injection" : `${count} injections`),
  one: (number: number) => `Injection ${number}`,
  add: "Put noise in",
  after: "After step",
  remove: (number: number) => `Remove injection ${number}`,
  paintAgain: "Paint it again",
  paintTitle: "Where the noise falls",
  paintHint: "Noise falls where you paint.",
} as const;

export const adapters = {
  title: "LoRAs and adapters",
  told: (count: number) => `${count} in use`,
  none: "None is installed. LoRAs go into the folder “loras” of the server's home.",
  add: "Add",
  kinds: { lora: "LoRA", control: "Control", ip_adapter: "Image" },
  weight: "Weight",
  remove: (name: string) => `Take ${name} off`,
  trigger: (word: string) => `Put “${word}” into the prompt`,
  adapterImage: "Image for the adapter",
  controlImage: "Drawing to follow",
  preprocessor: "Made from the image by",
  preprocessors: {
    none: "Nothing: it is a drawing already",
    canny: "Edges (Canny)",
    lineart: "Lines",
    depth: "Depth",
    pose: "Pose",
  },
  end: "Follow it up to this part of the steps",
} as const;

export const larger = {
  title: "Second pass, larger",
  told: (width: number, height: number) => `${width} × ${height}`,
  add: "Draw it larger",
  scale: "Enlarge",
  strength: "Strength",
  upscale: "Enlarged by",
  latent: "Latents",
  latentTitle: "Fast; needs a strength of about 0.5",
  lanczos: "Pixels",
  lanczosTitle: "Keeps more at a low strength",
  remove: "One pass only",
} as const;

export const estimate = {
  stand: "a picture",
  time: "Takes",
  about: (s: number) => (s < 1 ? "under 1 s" : s < 90 ? `about ${Math.round(s)} s` : `about ${Math.round(s / 60)} min`),
  memory: "Memory",
  of: (used: number, budget: number | null) => (budget === null ? bytes(used) : `${bytes(used)} of ${bytes(budget)}`),
  price: "Price",
  dollars: (price: number) => (price < 0.01 ? "under 1 cent" : `about $${price.toFixed(2)}`),
  doesNotFit: "It does not fit into memory.",
  adaptations: {
    row_by_row: "Guidance is computed in two halves: less memory, twice the time.",
    decoded_in_tiles: "The picture is decoded in tiles; seams may just show.",
  },
} as const;

export const suggestions = {
  label: "Suggestions",
  kinds: { wildcard: "drawn by lot", prompt: "drawn before", trigger: "heard by a LoRA" },
} as const;

export const tools = {
  styles: "Styles",
  stylesChosen: (count: number) => (count === 1 ? "1 style" : `${count} styles`),
  stylesTitle: "Words put around the prompt",
  enhance: "Enhance",
  enhanceTitle: "Make the prompt better",
  modes: { detailed: "More detail", child_friendly: "For children", sprite: "For sprites" },
  nothingToDo: "It is good as it is.",
  undo: "Undo",
  grid: "Grid",
  gridTitle: "Many at once: every combination of what you vary",
  tokens: (tokens: number, limit: number | null, chunks: number | null) =>
    [limit ? `${tokens} of ${limit} tokens` : `${tokens} tokens`, chunks && chunks > 1 && `${chunks} chunks`]
      .filter(Boolean)
      .join(", "),
  tokensTitle: "How long the prompt is to the model; what is longer is read in chunks",
  cut: (from: string) => `Not read from “${from}…” on.`,
  noList: (names: string) => `No list of words is called ${names}.`,
} as const;
