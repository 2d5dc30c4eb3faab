// La file des générations qui attendent.
import type { Words } from "@/strings";
import { count, number, percent } from "@/words/fr/forms";

export const queue: Words["queue"] = {
  title: "File d’attente",
  open: (waiting) => `${number(waiting)} en attente`,
  body: "Ce qui se dessine, et ce qui attend. Faites glisser les vôtres, ou utilisez les flèches, pour changer leur ordre.",
  close: "Fermer",
  empty: "Rien n’attend.",
  running: "Se développe",
  paused: "En pause",
  place: (position) =>
    position === 0 ? "La prochaine" : count(position, { one: "# passe avant", other: "# passent avant" }),
  percent: (done) => percent(done),
  up: (prompt) => `Plus tôt : « ${prompt} »`,
  down: (prompt) => `Plus tard : « ${prompt} »`,
  watch: (prompt) => `Regarder « ${prompt} »`,
  cancel: (prompt) => `Annuler « ${prompt} »`,
  priority: (prompt) => `Priorité de « ${prompt} »`,
  priorities: { low: "Basse", normal: "Normale", high: "Haute" },
};
