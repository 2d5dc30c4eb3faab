// Die Entwicklung eines Bildes als Film.
import type { Words } from "@/strings";
import { number } from "@/words/de/forms";

export const timelapse: Words["timelapse"] = {
  open: "Zeitraffer",
  title: "Zeitraffer",
  body: "Seine Schritte, einer nach dem anderen, und am Ende der Abzug.",
  close: "Schließen",
  format: "Format",
  formats: { webp: "WebP", mp4: "MP4" },
  speed: "Schritte pro Sekunde",
  size: "Größe",
  make: "Erstellen",
  making: (done, of) => `Einzelbild ${number(done)} von ${number(of)}`,
  save: "Datei speichern",
  gone: "Die Schritte dieses Bildes sind nicht mehr da.",
  failed: "Er ließ sich nicht erstellen.",
  alt: (title) => `Zeitraffer von „${title}“`,
};
