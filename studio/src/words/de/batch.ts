// Viele auf einmal.
import type { Words } from "@/strings";
import { count, number, pictures, row, span } from "@/words/de/forms";

export const grid: Words["grid"] = {
  title: "Raster",
  close: "Schließen",
  body: (prompt) =>
    `„${prompt}“, einmal für jede Kombination. Wo kein Seed festgehalten ist, teilen sich alle Felder einen.`,
  places: ["Spalten", "Zeilen", "Blätter"],
  field: "Was sich ändert",
  fields: {
    prompt: "Wörter des Prompts",
    guidance: "Guidance",
    steps: "Schritte",
    sampler: "Sampler",
    seed: "Seed",
    strength: "Stärke",
    weight: "Gewicht des Bildes",
    lora: "Gewicht des LoRA",
  },
  values: "Werte",
  replacements: "Wörter an seiner Stelle",
  search: "Ersetzt",
  examples: {
    prompt: "red, blue, golden",
    guidance: "3, 5, 7",
    steps: "8 bis 32 je 8",
    sampler: "euler, ddim",
    seed: "1 bis 4",
    strength: "0.2 bis 0.8 je 0.2",
    weight: "0.2 bis 0.8 je 0.2",
    lora: "0, 0.5, 1",
  },
  hint: "Werte mit Kommas dazwischen, oder so: „3 bis 9 je 2“.",
  faults: {
    empty: "Gib wenigstens einen Wert an.",
    number: "Bitte Zahlen, mit Kommas dazwischen und einem Punkt für Bruchteile.",
    span: "Das führt nirgendwohin oder zu weit; so geht es: „3 bis 9 je 2“.",
    search: "Diese Wörter stehen nicht im Prompt.",
    sampler: "Diesen Sampler hat das Modell nicht.",
  },
  add: "Noch etwas anderes ändern",
  remove: (place) => `${place} entfernen`,
  develop: (cells) => `${pictures(cells)} entwickeln`,
  takes: (s) => `etwa ${span(s)}`,
  tooMany: (most) => `Mehr als ${number(most)} Bilder gehen nicht.`,
  sheet: "Blatt",
  progress: (ended, of, failed) =>
    row([`${number(ended)} von ${pictures(of)}`, failed > 0 && `${number(failed)} gescheitert`]),
  cancel: "Nichts mehr davon zeichnen",
  download: "Das Blatt herunterladen",
  leave: "Das Blatt weglegen",
  back: "Zurück zum Blatt",
  cell: (name, state) => `${name}: ${state}`,
};

export const cells: Words["cells"] = {
  waiting: "Wartet",
  queued: "In der Reihe",
  running: "Wird entwickelt",
  paused: "Angehalten",
  finished: "Fertig",
  failed: "Gescheitert",
  cancelled: "Abgebrochen",
};
export const injections = (n: number): string => count(n, { one: "1 Einstreuung", other: "# Einstreuungen" });
