// Die Schlange der Generierungen, die warten.
import type { Words } from "@/strings";
import { count, percent } from "@/words/de/forms";

export const queue: Words["queue"] = {
  title: "Warteschlange",
  open: (waiting) => count(waiting, { one: "1 wartet", other: "# warten" }),
  body: "Was gerade gezeichnet wird und was darauf wartet. Zieh deine eigenen, oder nimm die Pfeile, um sie anders zu ordnen.",
  close: "Schließen",
  empty: "Nichts wartet.",
  running: "Wird entwickelt",
  paused: "Angehalten",
  place: (position) =>
    position === 0 ? "Als Nächstes" : count(position, { one: "1 ist vorher dran", other: "# sind vorher dran" }),
  percent: (done) => percent(done),
  up: (prompt) => `Früher: „${prompt}“`,
  down: (prompt) => `Später: „${prompt}“`,
  watch: (prompt) => `„${prompt}“ zusehen`,
  cancel: (prompt) => `„${prompt}“ abbrechen`,
  priority: (prompt) => `Priorität von „${prompt}“`,
  priorities: { low: "Niedrig", normal: "Normal", high: "Hoch" },
};
