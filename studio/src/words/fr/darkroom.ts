// Ce qu’on peut faire à une image pendant qu’elle se développe.
import type { Words } from "@/strings";
import { number, row } from "@/words/fr/forms";

export const phases: Words["phases"] = {
  queued: "En attente",
  running: "Se développe",
  paused: "En pause",
  finished: "Terminée",
  failed: "Échouée",
  cancelled: "Annulée",
};

export const acts: Words["acts"] = {
  label: "Intervenir",
  pause: "Pause",
  pauseTitle: "La laisser immobile ; ce qui est fait est gardé (Espace)",
  resume: "Reprendre",
  resumeTitle: "Reprendre là où elle s’est arrêtée (Espace)",
  steerTitle: "Un autre prompt ou une autre guidance dès l’étape suivante (S)",
  injectTitle: "Mettre du bruit dans une partie de l’image (I)",
  branchTitle: "Développer autrement à partir d’ici (B)",
  leaveOff: "Arrêter ici",
  leaveOffTitle: "S’arrêter ici et garder l’image telle quelle",
  cancel: "Annuler",
  cancelTitle: "L’arrêter sans garder d’image",
  sheet: "Planche contact",
  sheetTitle: "Toutes les étapes à la fois",
  names: {
    steer: () => "Guider",
    inject: () => "Injecter",
    branch: (step) => (step === null ? "Branche" : `Branche à l’étape ${step}`),
  },
  close: "Mettre de côté (Échap)",
  held: "L’image attend que vous décidiez.",
  steerFrom: (step) => `Guider à partir de l’étape ${step}`,
  injectAfter: (step) => `Injecter du bruit après l’étape ${step}`,
  branchFrom: (step) => `Branche à partir de l’étape ${step}`,
  prompt: "Prompt à partir d’ici",
  steerNow: "Guider",
  steerHint: "Les étapes déjà faites ne changent pas.",
  injectNow: "Injecter",
  injectHint: "Le grain sur le tirage montre où tombera le bruit.",
  branchNow: "Développer la branche",
  branchHint: "Celle-ci reste. La branche pousse en dessous.",
  withNoise: "Mettre aussi du bruit",
  steeredFrom: (step, prompt, guidance) =>
    `À partir de l’étape ${step} : ${row([prompt && `« ${prompt} »`, guidance !== null && `guidance ${number(guidance)}`])}`,
  injectedAfter: (step, where, strength) =>
    `Bruit après l’étape ${step} : ${where.toLowerCase()}, force ${number(strength)}`,
  stoppedAfter: (step) => `S’arrête après l’étape ${step}`,
};

export const branch: Words["branch"] = {
  tree: (strips) => (strips === 1 ? "La bande" : `${number(strips)} bandes, issues l’une de l’autre`),
  hold: (name, phase) => `${name} (${phase.toLowerCase()}). La mettre dans le bac.`,
  first: (prompt) => `« ${prompt} »`,
  name: (prompt, guidance, noise) =>
    row([
      prompt && `« ${prompt} »`,
      guidance !== null && `Guidance ${number(guidance)}`,
      noise && `Bruit : ${noise.toLowerCase()}`,
    ]) || "Rien de changé",
};

export const sheet: Words["sheet"] = {
  title: "Planche contact",
  close: "Fermer",
  look: (step) => `Voir ${step.toLowerCase()}`,
  final: "Terminé",
};

export const noise: Words["noise"] = {
  pattern: "Où tombe le bruit",
  painted: "Le peindre",
  strength: "Force",
  feather: "Bord doux",
  seed: "Graine du bruit",
  roll: "Un autre grain",
  patterns: {
    circle: "Cercle",
    square: "Carré",
    edges: "Bords",
    top: "Haut",
    bottom: "Bas",
    left: "Gauche",
    right: "Droite",
    checkerboard: "Damier",
    blobs: "Taches",
  },
};

export const paint: Words["paint"] = {
  surface: "Surface à peindre : les flèches déplacent le pinceau, Espace peint",
  tool: "Outil",
  brush: "Peindre",
  eraser: "Gommer",
  size: "Taille du pinceau",
  undo: "Retirer le dernier trait",
  redo: "Remettre le trait",
  invert: "Inverser : tout ce qui n’est pas peint",
  clear: "Recommencer",
  close: "Fermer",
  use: "Utiliser ce masque",
  onPrint: "Peignez sur le tirage : le bruit tombe là où vous peignez.",
};

export const reproduce: Words["reproduce"] = {
  ask: "Reproduire",
  title: "La redessiner d’après sa recette et comparer chaque pixel",
  asking: "En train de la redessiner",
  pending: "Cela prend plus d’une minute ; redemandez plus tard.",
};
