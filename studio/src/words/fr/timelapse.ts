// Le développement d’une image, en mouvement.
import type { Words } from "@/strings";
import { number } from "@/words/fr/forms";

export const timelapse: Words["timelapse"] = {
  open: "Accéléré",
  title: "Accéléré",
  body: "Ses étapes, l’une après l’autre, et le tirage à la fin.",
  close: "Fermer",
  format: "Format",
  formats: { webp: "WebP", mp4: "MP4" },
  speed: "Étapes par seconde",
  size: "Taille",
  make: "Créer",
  making: (done, of) => `Vue ${number(done)} sur ${number(of)}`,
  save: "Enregistrer le fichier",
  gone: "Les étapes de cette image ne sont plus gardées.",
  failed: "Il n’a pas pu être créé.",
  alt: (title) => `Accéléré de « ${title} »`,
};
