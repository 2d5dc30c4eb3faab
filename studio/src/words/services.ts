// What is said of image services elsewhere: in the choice of a model, while they draw, and on their page.
const dollars = (usd: number): string => {
  if (usd === 0) return "free";
  return usd < 0.1 ? `$${usd.toFixed(3).replace(/0$/, "")}` : `$${usd.toFixed(2)}`;
};
const list = (names: readonly string[]): string => names.join(", ");

export const choice = {
  dollars,
  each: (usd: number) => (usd === 0 ? "Free" : `${dollars(usd)} a picture`),
  unpriced: "Price not known",
  here: "This machine",
  ready: "ready",
  resting: "rests after failures",
  trying: "is tried again",
  fits: (used: string, of: string) => `${used} of ${of}`,
  tooLarge: "does not fit into memory",
  can: (what: readonly string[]) => (what.length > 0 ? `Takes ${list(what)}.` : "Takes words alone."),
  decides: (what: readonly string[]) => `Decides itself: ${list(what)}.`,
  elsewhere: (title: string) => `What you ask for is sent to ${title}.`,
  fallback: "If it cannot, let another draw",
  fallbackHint: "The next that can goes on, and says what it did otherwise.",
  abilities: {
    negative_prompt: "what not to show",
    image: "a start image",
    mask: "masks",
    prompt_image: "an image as prompt",
    injection: "noise",
    steering: "steering",
    lora: "LoRAs",
    control: "control images",
    ip_adapter: "image adapters",
    hires: "a larger second pass",
  },
  fields: {
    negative_prompt: "what not to show",
    steps: "steps",
    guidance: "guidance",
    sampler: "sampler",
    schedule: "noise levels",
  },
} as const;

/** What a preview is, where it is not the picture coming up. */
export const previewed = {
  denoise: "",
  provider_partial: "Unfinished, as the service sent it",
  placeholder: "Placeholder: nothing to see yet",
  placeholderBody: "The service shows the picture when it is done.",
} as const;

export const services = {
  title: "Services",
  body: "Image services elsewhere that draw for this server. What you ask them for leaves this machine.",
  none: "No service is set up.",
  noneBody: "Name some in the setting SAFELIGHT_PROVIDERS, such as openai,replicate, and start the server again.",
  spent: "Spent",
  today: "Today",
  month: "This month",
  ofCap: (spent: string, cap: string | null) => (cap === null ? `${spent}, no limit` : `${spent} of ${cap}`),
  spentBody: "By this workspace. Pictures under way are in it; days and months are those of UTC.",
  states: { ready: "Ready", resting: "Rests after failures", trying: "Is tried again", not: "Not ready" },
  underWay: "At this moment",
  drawing: (n: number) => (n === 1 ? "1 picture under way" : `${n} pictures under way`),
  models: "Models",
  modelsOf: (n: number) => (n === 1 ? "1 model" : `${n} models`),
  prices: "A picture",
  range: (least: string, most: string) => (least === most ? least : `${least} to ${most}`),
  credentials: "Credentials",
  whose: { workspace: "This workspace's own", server: "The server's", nobody: "None" },
  needsNone: "It needs none",
  give: "Give credentials",
  change: "Change them",
  giveTitle: (title: string) => `Credentials for ${title}`,
  giveBody: "Kept sealed, used for this workspace alone, and never shown again.",
  optional: (name: string) => `${name} (optional)`,
  keep: "Keep them",
  given: (title: string) => `This workspace's own credentials for ${title} are used from now on.`,
  takeBack: "Forget them",
  takeBackTitle: (title: string) => `Forget this workspace's credentials for ${title}?`,
  takeBackBody: "The server's own are used again, where it has some.",
  forgotten: (title: string) => `This workspace's credentials for ${title} are forgotten.`,
  test: "Test",
  testTitle: (title: string) => `Test ${title}?`,
  testBody: (model: string, price: string | null) =>
    `${model} draws one picture${price === null ? "" : `, for ${price}`}. It is kept in the gallery.`,
  testPrompt: "a red lamp on a table",
  testing: "Drawing",
  works: (title: string, seconds: string) => `${title} works: a picture in ${seconds} s.`,
  fails: (title: string, why: string) => `${title}: ${why}`,
  slow: (title: string) => `${title} takes longer than a minute; it goes on, and Generate shows it.`,
  names: {
    key: "Key",
    token: "Token",
    endpoint: "Address of the resource",
    key_id: "Access key id",
    secret_key: "Secret access key",
    url: "Address",
    project: "Project",
  },
} as const;
