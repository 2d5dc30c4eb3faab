// Was man mit einem Bild tun kann, während es sich entwickelt.
import type { Words } from "@/strings";
import { count, number, row } from "@/words/de/forms";

export const phases: Words["phases"] = {
  queued: "Wartet",
  running: "Wird entwickelt",
  paused: "Angehalten",
  finished: "Fertig",
  failed: "Gescheitert",
  cancelled: "Abgebrochen",
};

export const acts: Words["acts"] = {
  label: "Eingreifen",
  pause: "Anhalten",
  pauseTitle: "Stillstehen lassen; was getan ist, bleibt (Leertaste)",
  resume: "Weiter",
  resumeTitle: "Dort weitermachen, wo es anhielt (Leertaste)",
  steerTitle: "Ein anderer Prompt oder eine andere Guidance vom nächsten Schritt an (S)",
  injectTitle: "Rauschen in einen Teil des Bildes bringen (I)",
  branchTitle: "Von hier aus anders entwickeln (B)",
  leaveOff: "Hier aufhören",
  leaveOffTitle: "Hier aufhören und das Bild behalten, wie es ist",
  cancel: "Abbrechen",
  cancelTitle: "Beenden, ohne ein Bild zu behalten",
  sheet: "Kontaktbogen",
  sheetTitle: "Alle Schritte auf einmal",
  names: {
    steer: () => "Lenken",
    inject: () => "Rauschen",
    branch: (step) => (step === null ? "Abzweigen" : `Ab Schritt ${step} abzweigen`),
  },
  close: "Beiseitelegen (Esc)",
  held: "Es steht still, solange du überlegst.",
  steerFrom: (step) => `Ab Schritt ${step} lenken`,
  injectAfter: (step) => `Rauschen nach Schritt ${step}`,
  branchFrom: (step) => `Ab Schritt ${step} abzweigen`,
  prompt: "Prompt von hier an",
  steerNow: "Lenken",
  steerHint: "Die Schritte bis hier bleiben, wie sie sind.",
  injectNow: "Einbringen",
  injectHint: "Das Korn auf dem Abzug zeigt, wohin das Rauschen fällt.",
  branchNow: "Den Zweig entwickeln",
  branchHint: "Dieses bleibt. Der Zweig wächst darunter.",
  withNoise: "Auch Rauschen einbringen",
  steeredFrom: (step, prompt, guidance) =>
    `Ab Schritt ${step}: ${row([prompt && `„${prompt}“`, guidance !== null && `Guidance ${number(guidance)}`])}`,
  injectedAfter: (step, where, strength) => `Rauschen nach Schritt ${step}: ${where}, Stärke ${number(strength)}`,
  stoppedAfter: (step) => `Hört nach Schritt ${step} auf`,
};

export const branch: Words["branch"] = {
  tree: (strips) => count(strips, { one: "Der Streifen", other: "# Streifen, voneinander abgezweigt" }),
  hold: (name, phase) => `${name} (${phase}). In die Schale legen.`,
  first: (prompt) => `„${prompt}“`,
  name: (prompt, guidance, noise) =>
    row([
      prompt && `„${prompt}“`,
      guidance !== null && `Guidance ${number(guidance)}`,
      noise && `Rauschen: ${noise}`,
    ]) || "Nichts geändert",
};

export const sheet: Words["sheet"] = {
  title: "Kontaktbogen",
  close: "Schließen",
  look: (step) => `${step} ansehen`,
  final: "Fertig",
};

export const noise: Words["noise"] = {
  pattern: "Wohin das Rauschen fällt",
  painted: "Selbst malen",
  strength: "Stärke",
  feather: "Weicher Rand",
  seed: "Seed des Rauschens",
  roll: "Anderes Korn",
  patterns: {
    circle: "Kreis",
    square: "Quadrat",
    edges: "Ränder",
    top: "Oben",
    bottom: "Unten",
    left: "Links",
    right: "Rechts",
    checkerboard: "Schachbrett",
    blobs: "Flecken",
  },
};

export const paint: Words["paint"] = {
  surface: "Malfläche: Pfeiltasten bewegen den Pinsel, die Leertaste malt",
  tool: "Werkzeug",
  brush: "Malen",
  eraser: "Radieren",
  size: "Pinselgröße",
  undo: "Den letzten Strich zurücknehmen",
  redo: "Den Strich wieder hinzufügen",
  invert: "Umkehren: alles, was nicht gemalt ist",
  clear: "Von vorn",
  close: "Schließen",
  use: "Diese Maske nehmen",
  onPrint: "Mal auf den Abzug: Rauschen fällt, wo du malst.",
};

export const reproduce: Words["reproduce"] = {
  ask: "Nachmachen",
  title: "Noch einmal nach seinem Rezept zeichnen und jedes Pixel vergleichen",
  asking: "Wird nachgemacht",
  pending: "Es dauert länger als eine Minute; frag später noch einmal.",
};
