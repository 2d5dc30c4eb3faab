// De quoi une recette est faite, outre son prompt.
import type { Words } from "@/strings";
import { count, dollars, list, memory, number, row, span } from "@/words/fr/forms";

const abilities = { image: "partir d’une image", injection: "recevoir du bruit", steering: "être guidé" };
const about = (s: number): string => (s < 1 ? "moins de 1 s" : `environ ${span(s)}`);

export const model: Words["model"] = {
  loaded: "Chargé",
  installed: "Se charge avec la première image",
  gigabytes: (size) => memory(size * 2 ** 30),
  cannot: (what) => `Ne peut pas ${list(what.map((one) => abilities[one]))}`,
};

export const sampling: Words["sampling"] = {
  title: "Échantillonnage",
  schedule: "Niveaux de bruit",
  schedules: { model: "Ceux de l’entraînement", karras: "Karras", exponential: "Exponentiels" },
  clipSkip: "Couches de l’encodeur de texte laissées de côté",
};

export const image: Words["image"] = {
  choose: "Déposez, collez ou choisissez une image",
  sending: "Un instant",
  recent: "Ou l’une des images récentes",
  take: (title, as) => `Prendre « ${title} » : ${as.toLowerCase()}`,
  remove: (label) => `Enlever : ${label.toLowerCase()}`,
  gone: "Cette image n’est plus conservée. Choisissez-la à nouveau.",
};

export const start: Words["start"] = {
  title: "Partir d’une image",
  told: (step, strength, masked, wider) =>
    row([
      step === null ? `force ${number(strength, 2)}` : `dès l’étape ${step}`,
      masked && "masquée",
      wider && "élargie",
    ]),
  image: "Image de départ",
  strength: "Force",
  way: "Ce qui en disparaît",
  atStep: "Dès l’étape",
  atStepHint: (step, of) =>
    `Elle reçoit le bruit de l’étape ${step} ; ${count(Math.max(0, of - step + 1), { one: "reste # étape", other: "restent # étapes" })}.`,
  strengthHint: "0 garde l’image, 1 l’oublie.",
  mask: "Peindre ce qui est redessiné",
  maskTitle: "Ce qui est redessiné",
  maskHint: "Ce que vous peignez est redessiné ; le reste garde ses pixels.",
  maskChange: "Modifier le masque",
  maskRemove: "Tout redessiner",
  invert: "Inverser le masque",
  feather: "Bord doux en pixels",
  outpaint: "Dessiner autour",
  outpaintHint: "Pixels dessinés autour de l’image",
  outpaintRemove: "Rien autour",
  sides: { left: "Gauche", right: "Droite", top: "Au-dessus", bottom: "En dessous" },
};

export const promptImage: Words["promptImage"] = {
  title: "Image comme prompt",
  told: (weight) => `poids ${number(weight, 2)}`,
  image: "Image du prompt",
  weight: "Poids",
  hint: "0 n’écoute que les mots, 1 que l’image.",
};

export const noiseSection: Words["noiseSection"] = {
  title: "Bruit en chemin",
  told: (n) => count(n, { one: "# injection", other: "# injections" }),
  one: (n) => `Injection ${n}`,
  add: "Mettre du bruit",
  after: "Après l’étape",
  remove: (n) => `Enlever l’injection ${n}`,
  paintAgain: "Repeindre",
  paintTitle: "Où tombe le bruit",
  paintHint: "Le bruit tombe là où vous peignez.",
};

export const adapters: Words["adapters"] = {
  title: "LoRA et adaptateurs",
  told: (n) => `${number(n)} en service`,
  none: "Aucun n’est installé. Les LoRA vont dans le dossier « loras » du serveur.",
  add: "Ajouter",
  kinds: { lora: "LoRA", control: "Contrôle", ip_adapter: "Image" },
  weight: "Poids",
  remove: (name) => `Retirer ${name}`,
  trigger: (word) => `Mettre « ${word} » dans le prompt`,
  adapterImage: "Image pour l’adaptateur",
  controlImage: "Dessin à suivre",
  preprocessor: "Tiré de l’image par",
  preprocessors: {
    none: "Rien : c’est déjà un dessin",
    canny: "Contours (Canny)",
    lineart: "Lignes",
    depth: "Profondeur",
    pose: "Pose",
  },
  end: "Le suivre jusqu’à cette part des étapes",
};

export const larger: Words["larger"] = {
  title: "Second passage, plus grand",
  told: (width, height) => `${width} × ${height}`,
  add: "La dessiner plus grande",
  scale: "Agrandir",
  strength: "Force",
  upscale: "On agrandit",
  latent: "Les latents",
  latentTitle: "Rapide ; demande une force d’environ 0,5",
  lanczos: "Les pixels",
  lanczosTitle: "Garde davantage à faible force",
  remove: "Un seul passage",
};

export const estimate: Words["estimate"] = {
  stand: "une image",
  time: "Durée",
  about,
  memory: "Mémoire",
  of: (used, budget) => (budget === null ? memory(used) : `${memory(used)} sur ${memory(budget)}`),
  price: "Prix",
  dollars: (price) => (price < 0.01 ? "moins de 1 cent" : `environ ${dollars(price)}`),
  doesNotFit: "Elle ne tient pas en mémoire.",
  adaptations: {
    row_by_row: "La guidance est calculée en deux moitiés : moins de mémoire, deux fois plus de temps.",
    decoded_in_tiles: "L’image est décodée par carreaux ; des raccords peuvent se voir.",
  },
};

export const suggestions: Words["suggestions"] = {
  label: "Suggestions",
  kinds: { wildcard: "tiré au sort", prompt: "déjà dessiné", trigger: "entendu par un LoRA" },
};

export const tools: Words["tools"] = {
  styles: "Styles",
  stylesChosen: (n) => count(n, { one: "# style", other: "# styles" }),
  stylesTitle: "Des mots autour du prompt",
  enhance: "Améliorer",
  enhanceTitle: "Rendre le prompt meilleur",
  modes: { detailed: "Plus de détails", child_friendly: "Pour les enfants", sprite: "Pour les sprites" },
  nothingToDo: "Il est bien comme il est.",
  undo: "Défaire",
  grid: "Grille",
  gridTitle: "Beaucoup à la fois : chaque combinaison de ce qui varie",
  tokens: (tokens, limit, chunks) =>
    row([
      limit ? `${number(tokens)} sur ${number(limit)} tokens` : `${number(tokens)} tokens`,
      chunks && chunks > 1 && `${chunks} morceaux`,
    ]),
  tokensTitle: "La longueur du prompt pour le modèle ; au-delà, il est lu par morceaux",
  cut: (from) => `Non lu à partir de « ${from}… ».`,
  noList: (names) => `Aucune liste de mots ne s’appelle ${names}.`,
};
