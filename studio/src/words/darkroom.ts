// What can be done to a picture while it develops, and what is said of it.
export const phases = {
  queued: "Waiting",
  running: "Developing",
  paused: "Paused",
  finished: "Finished",
  failed: "Failed",
  cancelled: "Cancelled",
} as const;

export const acts = {
  label: "Step in",
  pause: "Pause",
  pauseTitle: "Let it stand still; what is done is kept (Space)",
  resume: "Go on",
  resumeTitle: "Go on where it paused (Space)",
  steerTitle: "Another prompt or guidance from the next step on (S)",
  injectTitle: "Put noise into a part of the picture (I)",
  branchTitle: "Develop again from here, another way (B)",
  leaveOff: "Stop here",
  leaveOffTitle: "Leave off here and keep the picture as it is",
  cancel: "Cancel",
  cancelTitle: "Stop it without a picture",
  sheet: "Contact sheet",
  sheetTitle: "All steps at once",
  names: {
    steer: () => "Steer",
    inject: () => "Inject",
    branch: (step: number | null) => (step === null ? "Branch" : `Branch from step ${step}`),
  },
  close: "Put aside (Esc)",
  held: "It stands still while you decide.",
  steerFrom: (step: number) => `Steer from step ${step} on`,
  injectAfter: (step: number) => `Inject noise after step ${step}`,
  branchFrom: (step: number) => `Branch from step ${step}`,
  prompt: "Prompt from here on",
  steerNow: "Steer",
  steerHint: "The steps so far stay as they are.",
  injectNow: "Inject",
  injectHint: "Grain on the print is where the noise will fall.",
  branchNow: "Develop the branch",
  branchHint: "This one stays. The branch grows beneath it.",
  withNoise: "Put noise in as well",
  steeredFrom: (step: number, prompt: string | null, guidance: number | null) =>
    `From step ${step} on: ${[prompt && `“${prompt}”`, guidance !== null && `guidance ${guidance}`].filter(Boolean).join(", ")}`,
  injectedAfter: (step: number, where: string, strength: number) =>
    `Noise after step ${step}: ${where.toLowerCase()}, strength ${strength}`,
  stoppedAfter: (step: number) => `Leaves off after step ${step}`,
} as const;

export const branch = {
  tree: (strips: number) => (strips === 1 ? "The strip" : `${strips} strips, branched off from each other`),
  hold: (name: string, phase: string) => `${name} (${phase.toLowerCase()}). Put it into the tray.`,
  first: (prompt: string) => `“${prompt}”`,
  name: (prompt: string | null, guidance: number | null, noise: string | null) =>
    [prompt && `“${prompt}”`, guidance !== null && `Guidance ${guidance}`, noise && `Noise: ${noise.toLowerCase()}`]
      .filter(Boolean)
      .join(", ") || "Nothing changed",
} as const;

export const sheet = {
  title: "Contact sheet",
  close: "Close",
  look: (step: string) => `Look at ${step.toLowerCase()}`,
  final: "Finished",
} as const;

export const noise = {
  pattern: "Where the noise falls",
  painted: "Paint it",
  strength: "Strength",
  feather: "Soft edge",
  seed: "Noise seed",
  roll: "Another grain",
  patterns: {
    circle: "Circle",
    square: "Square",
    edges: "Edges",
    top: "Top",
    bottom: "Bottom",
    left: "Left",
    right: "Right",
    checkerboard: "Checkerboard",
    blobs: "Blobs",
  },
} as const;

export const paint = {
  surface: "Painting surface: arrow keys move the brush, Space paints",
  tool: "Tool",
  brush: "Paint",
  eraser: "Erase",
  size: "Brush size",
  undo: "Take back the last stroke",
  redo: "Put the stroke back",
  invert: "Turn round: all that is not painted",
  clear: "Begin again",
  close: "Close",
  use: "Use this mask",
  onPrint: "Paint on the print: noise falls where you paint.",
} as const;

export const reproduce = {
  ask: "Reproduce",
  title: "Draw it again from its recipe, and compare every pixel",
  asking: "Drawing it again",
  pending: "It takes longer than a minute; ask again later.",
} as const;
