// Les aperçus, la modération, la vie privée, et combien de temps tout est gardé.
import type { Words } from "@/strings";
import { count, list, pictures } from "@/words/fr/forms";

export const previews: Words["previews"] = {
  title: "Aperçus",
  body: "Comment les étapes arrivent dans ce navigateur. Sur une ligne lente, moins d’aperçus, et plus petits, laissent de la place.",
  every: "Montrées",
  cadence: { "1": "Toutes", "2": "Une sur 2", "4": "Une sur 4", none: "Aucune" },
  size: "Taille",
  sizes: { "128": "Petite", "256": "Moyenne", "512": "Grande" },
};

export const moderation: Words["moderation"] = {
  title: "Modération",
  body: "Ce que ce serveur dirait d’un prompt. Rien n’est dessiné.",
  text: "Prompt",
  test: "Vérifier",
  allowed: "Il serait dessiné.",
  refused: (what) => `Il serait refusé : ${what}.`,
  scores: (scores) => `On y voit : ${scores}.`,
  score: (category, share) => `${category} ${share} %`,
  journal: "Refus récents",
  noRefusals: "Rien n’a été refusé.",
  when: "Quand",
  what: "Quoi",
  why: "Pourquoi",
  subjects: {
    prompt: "Un prompt",
    preview: "Un aperçu",
    picture: "Une image",
    input: "Une image fournie",
    image: "Une image",
  },
  categories: {
    sexual: "sexuel",
    minors: "mineurs",
    violence: "violence",
    hate: "haine",
    self_harm: "automutilation",
    illegal: "illégal",
  },
};

export const policy: Words["policy"] = {
  title: (workspace) => `Espace « ${workspace} »`,
  body: "Ce qui diffère ici du reste du serveur. Ce qui reste vide est comme partout.",
  kept: "Durée de conservation, en jours",
  retention: { pictures: "Images", trash: "Corbeille", generations: "Générations", verdicts: "Verdicts" },
  thresholds: "Refusé à partir de ce score",
  thresholdsHint: "De 0, qui refuse tout, à 1. Au-dessus de 1, cela passe, si le serveur le permet.",
  texts: "Prompts",
  pictures: "Images",
  of: (category, kind) => `${category}, ${kind.toLowerCase()}`,
  analytics: "Compter qui s’en sert, par nom",
  save: "Enregistrer",
  saved: "Enregistré. Cela vaut dès la prochaine requête.",
};

export const privacy: Words["privacy"] = {
  title: "Vie privée",
  body: "Ce que ce serveur garde de vous, et ce que cela devient.",
  analytics: "Compter mon usage sous mon nom",
  export: "Tout télécharger",
  exportBody: "Compte, générations, images, liens, verdicts : une seule archive zip.",
  consent: "Ce que vous acceptez",
  agree: "J’accepte",
  agreed: (when) => `Accepté le ${when}.`,
  erase: "M’effacer",
  eraseTitle: "Effacer tout ce qui est à vous ?",
  eraseBody:
    "Compte, clés, générations et images, avec leurs fichiers et leurs liens, disparaissent pour toujours, sans retour.",
  eraseConfirm: (name) => `Écrivez « ${name} » pour confirmer`,
  erased: (images, generations) =>
    `Effacé : ${list([pictures(images), count(generations, { one: "# génération", other: "# générations" })])}.`,
};

export const defaults: Words["defaults"] = {
  body: "Ce par quoi Développer commence dans ce navigateur. Ce que vous y changez reste, jusqu’à ce que vous repartiez de zéro.",
};
