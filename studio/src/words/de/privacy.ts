// Vorschauen, Moderation, Privates, und wie lange etwas bleibt.
import type { Words } from "@/strings";
import { count, list, pictures } from "@/words/de/forms";

export const previews: Words["previews"] = {
  title: "Vorschauen",
  body: "Wie die Schritte in diesen Browser kommen. Auf einer langsamen Leitung lassen weniger und kleinere mehr Platz.",
  every: "Gezeigt",
  cadence: { "1": "Jeder Schritt", "2": "Jeder 2.", "4": "Jeder 4.", none: "Keiner" },
  size: "Größe",
  sizes: { "128": "Klein", "256": "Mittel", "512": "Groß" },
};

export const moderation: Words["moderation"] = {
  title: "Moderation",
  body: "Was dieser Server zu einem Prompt sagen würde. Gezeichnet wird nichts.",
  text: "Prompt",
  test: "Prüfen",
  allowed: "Er würde gezeichnet.",
  refused: (what) => `Er würde abgelehnt: ${what}.`,
  scores: (scores) => `Darin gesehen: ${scores}.`,
  score: (category, share) => `${category} ${share} %`,
  journal: "Zuletzt abgelehnt",
  noRefusals: "Nichts wurde abgelehnt.",
  when: "Wann",
  what: "Was",
  why: "Warum",
  subjects: {
    prompt: "Ein Prompt",
    preview: "Eine Vorschau",
    picture: "Ein Bild",
    input: "Ein mitgegebenes Bild",
    image: "Ein Bild",
  },
  categories: {
    sexual: "sexuell",
    minors: "Minderjährige",
    violence: "Gewalt",
    hate: "Hass",
    self_harm: "Selbstverletzung",
    illegal: "verboten",
  },
};

export const policy: Words["policy"] = {
  title: (workspace) => `Arbeitsbereich „${workspace}“`,
  body: "Was hier anders ist als sonst auf dem Server. Was leer bleibt, ist wie überall.",
  kept: "Wie lange etwas bleibt, in Tagen",
  retention: { pictures: "Bilder", trash: "Papierkorb", generations: "Generierungen", verdicts: "Urteile" },
  thresholds: "Abgelehnt ab diesem Wert",
  thresholdsHint: "Von 0, das alles ablehnt, bis 1. Über 1 lässt es durch, wo der Server das erlaubt.",
  texts: "Prompts",
  pictures: "Bilder",
  of: (category, kind) => `${category}, ${kind}`,
  analytics: "Namentlich zählen, wer ihn benutzt",
  save: "Speichern",
  saved: "Gespeichert. Es gilt von der nächsten Anfrage an.",
};

export const privacy: Words["privacy"] = {
  title: "Privates",
  body: "Was dieser Server von dir behält, und was daraus wird.",
  analytics: "Meine Nutzung unter meinem Namen zählen",
  export: "Alles herunterladen",
  exportBody: "Konto, Generierungen, Bilder, Links, Urteile: in einem Zip.",
  consent: "Womit du einverstanden bist",
  agree: "Einverstanden",
  agreed: (when) => `Einverstanden seit ${when}.`,
  erase: "Mich löschen",
  eraseTitle: "Alles von dir löschen?",
  eraseBody:
    "Konto, Schlüssel, Generierungen und Bilder verschwinden mit Dateien und Links für immer. Es gibt kein Zurück.",
  eraseConfirm: (name) => `Schreib „${name}“, wenn es so gemeint ist`,
  erased: (images, generations) =>
    `Gelöscht: ${list([pictures(images), count(generations, { one: "1 Generierung", other: "# Generierungen" })])}.`,
};

export const defaults: Words["defaults"] = {
  body: "Womit Entwickeln in diesem Browser beginnt. Was du dort änderst, bleibt, bis du von vorn beginnst.",
};
