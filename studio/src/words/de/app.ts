// Das Studio als Programm unter anderen.
import type { Words } from "@/strings";

export const language: Words["language"] = {
  label: "Sprache",
  browser: "Wie der Browser",
  notHere: "Die Wörter dieser Sprache waren nicht zu holen. Versuch es noch einmal, wenn der Server antwortet.",
};

export const app: Words["app"] = {
  renewed: "Es gibt eine neue Version des Studios.",
  reload: "Neu laden",
  title: "Auf diesem Gerät",
  body: "Installiert hat das Studio ein eigenes Fenster und öffnet sich auch ohne seinen Server, mit den zuletzt gesehenen Bildern.",
  install: "Studio installieren",
  installed: "Das Studio ist installiert.",
  offline: "Offline. Diese Bilder waren zuletzt zu sehen.",
  retry: "Noch einmal",
};
