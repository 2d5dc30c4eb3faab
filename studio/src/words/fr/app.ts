// Le studio, un programme parmi d’autres.
import type { Words } from "@/strings";

export const language: Words["language"] = {
  label: "Langue",
  browser: "Celle du navigateur",
  notHere: "Les mots de cette langue n’ont pas pu être chargés. Réessayez quand le serveur répondra.",
};

export const app: Words["app"] = {
  renewed: "Une nouvelle version du studio est là.",
  reload: "Recharger",
  title: "Sur cet appareil",
  body: "Installé, le studio a sa propre fenêtre et s’ouvre aussi sans son serveur, avec les dernières images vues.",
  install: "Installer le studio",
  installed: "Le studio est installé.",
  offline: "Hors ligne. Voici les dernières images vues.",
  retry: "Réessayer",
};
