// Woraus ein Rezept außer seinem Prompt besteht.
import type { Words } from "@/strings";
import { injections } from "@/words/de/batch";
import { count, dollars, list, memory, number, row, span } from "@/words/de/forms";

const abilities = { image: "mit einem Bild beginnen", injection: "Rauschen einbringen", steering: "gelenkt werden" };
const about = (s: number): string => (s < 1 ? "unter 1 s" : `etwa ${span(s)}`);

export const model: Words["model"] = {
  loaded: "Geladen",
  installed: "Lädt mit dem ersten Bild",
  gigabytes: (size) => memory(size * 2 ** 30),
  cannot: (what) => `Kann nicht ${list(what.map((one) => abilities[one]))}`,
};

export const sampling: Words["sampling"] = {
  title: "Sampling",
  schedule: "Rauschstufen",
  schedules: { model: "Wie das Modell trainiert ist", karras: "Karras", exponential: "Exponentiell" },
  clipSkip: "Weggelassene Schichten des Textencoders",
};

export const image: Words["image"] = {
  choose: "Bild hierher ziehen, einfügen oder auswählen",
  sending: "Einen Moment",
  recent: "Oder eines der neuesten Bilder",
  take: (title, as) => `„${title}“ nehmen: ${as}`,
  remove: (label) => `${label} entfernen`,
  gone: "Dieses Bild ist nicht mehr da. Wähl es noch einmal aus.",
};

export const start: Words["start"] = {
  title: "Mit einem Bild beginnen",
  told: (step, strength, masked, wider) =>
    row([
      step === null ? `Stärke ${number(strength, 2)}` : `ab Schritt ${step}`,
      masked && "maskiert",
      wider && "erweitert",
    ]),
  image: "Ausgangsbild",
  strength: "Stärke",
  way: "Wie viel davon verschwindet",
  atStep: "Ab Schritt",
  atStepHint: (step, of) =>
    `Es bekommt das Rauschen von Schritt ${step}; ${count(Math.max(0, of - step + 1), { one: "ein Schritt wird", other: "# Schritte werden" })} gegangen.`,
  strengthHint: "0 behält das Bild, 1 vergisst es.",
  mask: "Malen, was neu gezeichnet wird",
  maskTitle: "Was neu gezeichnet wird",
  maskHint: "Was du malst, wird neu gezeichnet; der Rest behält seine Pixel.",
  maskChange: "Maske ändern",
  maskRemove: "Alles neu zeichnen",
  invert: "Maske umkehren",
  feather: "Weicher Rand in Pixeln",
  outpaint: "Mehr drumherum zeichnen",
  outpaintHint: "Pixel, die um das Bild herum gezeichnet werden",
  outpaintRemove: "Nichts drumherum",
  sides: { left: "Links", right: "Rechts", top: "Oben", bottom: "Unten" },
};

export const promptImage: Words["promptImage"] = {
  title: "Bild als Prompt",
  told: (weight) => `Gewicht ${number(weight, 2)}`,
  image: "Prompt-Bild",
  weight: "Gewicht",
  hint: "0 hört nur auf die Wörter, 1 nur auf das Bild.",
};

export const noiseSection: Words["noiseSection"] = {
  title: "Rauschen unterwegs",
  told: injections,
  one: (n) => `Einstreuung ${n}`,
  add: "Rauschen einbringen",
  after: "Nach Schritt",
  remove: (n) => `Einstreuung ${n} entfernen`,
  paintAgain: "Noch einmal malen",
  paintTitle: "Wohin das Rauschen fällt",
  paintHint: "Rauschen fällt, wo du malst.",
};

export const adapters: Words["adapters"] = {
  title: "LoRAs und Adapter",
  told: (n) => `${number(n)} im Einsatz`,
  none: "Keine installiert. LoRAs gehören in den Ordner „loras“ im Verzeichnis des Servers.",
  add: "Hinzufügen",
  kinds: { lora: "LoRA", control: "Control", ip_adapter: "Bild" },
  weight: "Gewicht",
  remove: (name) => `${name} abnehmen`,
  trigger: (word) => `„${word}“ in den Prompt setzen`,
  adapterImage: "Bild für den Adapter",
  controlImage: "Zeichnung, der es folgt",
  preprocessor: "Aus dem Bild gewonnen durch",
  preprocessors: {
    none: "Nichts: Es ist schon eine Zeichnung",
    canny: "Kanten (Canny)",
    lineart: "Linien",
    depth: "Tiefe",
    pose: "Haltung",
  },
  end: "Folgen bis zu diesem Teil der Schritte",
};

export const larger: Words["larger"] = {
  title: "Zweiter Durchgang, größer",
  told: (width, height) => `${width} × ${height}`,
  add: "Größer zeichnen",
  scale: "Vergrößern",
  strength: "Stärke",
  upscale: "Vergrößert werden",
  latent: "Latents",
  latentTitle: "Schnell; braucht eine Stärke um 0,5",
  lanczos: "Pixel",
  lanczosTitle: "Behält bei kleiner Stärke mehr",
  remove: "Nur ein Durchgang",
};

export const estimate: Words["estimate"] = {
  stand: "ein Bild",
  time: "Dauert",
  about,
  memory: "Speicher",
  of: (used, budget) => (budget === null ? memory(used) : `${memory(used)} von ${memory(budget)}`),
  price: "Preis",
  dollars: (price) => (price < 0.01 ? "unter 1 Cent" : `etwa ${dollars(price)}`),
  doesNotFit: "Es passt nicht in den Speicher.",
  adaptations: {
    row_by_row: "Guidance wird in zwei Hälften gerechnet: weniger Speicher, doppelte Zeit.",
    decoded_in_tiles: "Das Bild wird in Kacheln dekodiert; Nähte können zu sehen sein.",
  },
};

export const suggestions: Words["suggestions"] = {
  label: "Vorschläge",
  kinds: { wildcard: "wird ausgelost", prompt: "schon gezeichnet", trigger: "hört ein LoRA" },
};

export const tools: Words["tools"] = {
  styles: "Stile",
  stylesChosen: (n) => count(n, { one: "1 Stil", other: "# Stile" }),
  stylesTitle: "Wörter rund um den Prompt",
  enhance: "Verbessern",
  enhanceTitle: "Den Prompt besser machen",
  modes: { detailed: "Mehr Einzelheiten", child_friendly: "Für Kinder", sprite: "Für Sprites" },
  nothingToDo: "Er ist gut, wie er ist.",
  undo: "Rückgängig",
  grid: "Raster",
  gridTitle: "Viele auf einmal: jede Kombination dessen, was du änderst",
  tokens: (tokens, limit, chunks) =>
    row([
      limit ? `${number(tokens)} von ${number(limit)} Tokens` : `${number(tokens)} Tokens`,
      chunks && chunks > 1 && `${chunks} Abschnitte`,
    ]),
  tokensTitle: "Wie lang der Prompt für das Modell ist; Längeres liest es in Abschnitten",
  cut: (from) => `Ab „${from} …“ nicht mehr gelesen.`,
  noList: (names) => `Keine Wortliste heißt ${names}.`,
};
