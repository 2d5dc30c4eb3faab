// The line of generations that wait.
export const queue = {
  title: "Queue",
  open: (waiting: number) => (waiting === 1 ? "1 waits" : `${waiting} wait`),
  body: "What is being drawn, and what waits for it. Drag, or use the arrows, to put your own in another order.",
  close: "Close",
  empty: "Nothing waits.",
  running: "Developing",
  paused: "Paused",
  place: (position: number) => (position === 0 ? "Next" : `${position} go first`),
  percent: (percent: number) => `${percent} %`,
  up: (prompt: string) => `Sooner: “${prompt}”`,
  down: (prompt: string) => `Later: “${prompt}”`,
  watch: (prompt: string) => `Watch “${prompt}”`,
  cancel: (prompt: string) => `Cancel “${prompt}”`,
  priority: (prompt: string) => `Priority of “${prompt}”`,
  priorities: { low: "Low", normal: "Normal", high: "High" },
} as const;
