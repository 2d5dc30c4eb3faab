// Beaucoup à la fois.
import type { Words } from "@/strings";
import { count, number, pictures, row, span } from "@/words/fr/forms";

export const grid: Words["grid"] = {
  title: "Grille",
  close: "Fermer",
  body: (prompt) =>
    `« ${prompt} », une fois pour chaque combinaison. Si aucune graine n’est gardée, toutes les cases en partagent une.`,
  places: ["Colonnes", "Lignes", "Planches"],
  field: "Ce qui varie",
  fields: {
    prompt: "Mots du prompt",
    guidance: "Guidance",
    steps: "Étapes",
    sampler: "Échantillonneur",
    seed: "Graine",
    strength: "Force",
    weight: "Poids de l’image",
    lora: "Poids du LoRA",
  },
  values: "Valeurs",
  replacements: "Mots à sa place",
  search: "Remplace",
  examples: {
    prompt: "red, blue, golden",
    guidance: "3, 5, 7",
    steps: "8 à 32 par 8",
    sampler: "euler, ddim",
    seed: "1 à 4",
    strength: "0.2 à 0.8 par 0.2",
    weight: "0.2 à 0.8 par 0.2",
    lora: "0, 0.5, 1",
  },
  hint: "Des valeurs séparées par des virgules, ou comme « 3 à 9 par 2 ».",
  faults: {
    empty: "Donnez au moins une valeur.",
    number: "Des nombres, séparés par des virgules, avec un point pour les décimales.",
    span: "Cela ne mène nulle part, ou trop loin ; par exemple : « 3 à 9 par 2 ».",
    search: "Le prompt ne contient pas ces mots.",
    sampler: "Le modèle n’a pas cet échantillonneur.",
  },
  add: "Faire varier autre chose aussi",
  remove: (place) => `Enlever : ${place.toLowerCase()}`,
  develop: (cells) => `Développer ${pictures(cells)}`,
  takes: (s) => `environ ${span(s)}`,
  tooMany: (most) => `${pictures(most)} au plus.`,
  sheet: "Planche",
  progress: (ended, of, failed) =>
    row([`${number(ended)} sur ${pictures(of)}`, failed > 0 && count(failed, { one: "# échec", other: "# échecs" })]),
  cancel: "Ne plus rien en dessiner",
  download: "Télécharger la planche",
  leave: "Ranger la planche",
  back: "Retour à la planche",
  cell: (name, state) => `${name} : ${state.toLowerCase()}`,
};

export const cells: Words["cells"] = {
  waiting: "En attente",
  queued: "Dans la file",
  running: "Se développe",
  paused: "En pause",
  finished: "Terminée",
  failed: "Échouée",
  cancelled: "Annulée",
};
