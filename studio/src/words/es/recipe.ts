// De qué está hecha una receta, además de su prompt.
import type { Words } from "@/strings";
import { count, dollars, list, memory, number, row, span } from "@/words/es/forms";

const abilities = { image: "partir de una imagen", injection: "recibir ruido", steering: "dejarse guiar" };
const about = (s: number): string => (s < 1 ? "menos de 1 s" : `unos ${span(s)}`);

export const model: Words["model"] = {
  loaded: "Cargado",
  installed: "Se carga con la primera imagen",
  gigabytes: (size) => memory(size * 2 ** 30),
  cannot: (what) => `No puede ${list(what.map((one) => abilities[one]))}`,
};

export const sampling: Words["sampling"] = {
  title: "Muestreo",
  schedule: "Niveles de ruido",
  schedules: { model: "Los del entrenamiento", karras: "Karras", exponential: "Exponenciales" },
  clipSkip: "Capas del codificador de texto que se omiten",
};

export const image: Words["image"] = {
  choose: "Suelta, pega o elige una imagen",
  sending: "Un momento",
  recent: "O una de las imágenes recientes",
  take: (title, as) => `Tomar «${title}»: ${as.toLowerCase()}`,
  remove: (label) => `Quitar: ${label.toLowerCase()}`,
  gone: "Esta imagen ya no se conserva. Elígela otra vez.",
};

export const start: Words["start"] = {
  title: "Partir de una imagen",
  told: (step, strength, masked, wider) =>
    row([
      step === null ? `fuerza ${number(strength, 2)}` : `desde el paso ${step}`,
      masked && "con máscara",
      wider && "ampliada",
    ]),
  image: "Imagen de partida",
  strength: "Fuerza",
  way: "Cuánto se pierde de ella",
  atStep: "Desde el paso",
  atStepHint: (step, of) =>
    `Recibe el ruido del paso ${step}; ${count(Math.max(0, of - step + 1), { one: "queda # paso", other: "quedan # pasos" })}.`,
  strengthHint: "0 conserva la imagen, 1 la olvida.",
  mask: "Pintar lo que se dibuja de nuevo",
  maskTitle: "Lo que se dibuja de nuevo",
  maskHint: "Lo que pintas se dibuja de nuevo; el resto conserva sus píxeles.",
  maskChange: "Cambiar la máscara",
  maskRemove: "Dibujarlo todo",
  invert: "Invertir la máscara",
  feather: "Borde suave en píxeles",
  outpaint: "Dibujar más alrededor",
  outpaintHint: "Píxeles que se dibujan alrededor de la imagen",
  outpaintRemove: "Nada alrededor",
  sides: { left: "Izquierda", right: "Derecha", top: "Arriba", bottom: "Abajo" },
};

export const promptImage: Words["promptImage"] = {
  title: "Imagen como prompt",
  told: (weight) => `peso ${number(weight, 2)}`,
  image: "Imagen del prompt",
  weight: "Peso",
  hint: "0 escucha solo las palabras; 1, solo la imagen.",
};

export const noiseSection: Words["noiseSection"] = {
  title: "Ruido por el camino",
  told: (n) => count(n, { one: "1 inyección", other: "# inyecciones" }),
  one: (n) => `Inyección ${n}`,
  add: "Poner ruido",
  after: "Tras el paso",
  remove: (n) => `Quitar la inyección ${n}`,
  paintAgain: "Pintarlo otra vez",
  paintTitle: "Dónde cae el ruido",
  paintHint: "El ruido cae donde pintas.",
};

export const adapters: Words["adapters"] = {
  title: "LoRA y adaptadores",
  told: (n) => `${number(n)} en uso`,
  none: "No hay ninguno instalado. Los LoRA van en la carpeta «loras» del servidor.",
  add: "Añadir",
  kinds: { lora: "LoRA", control: "Control", ip_adapter: "Imagen" },
  weight: "Peso",
  remove: (name) => `Quitar ${name}`,
  trigger: (word) => `Poner «${word}» en el prompt`,
  adapterImage: "Imagen para el adaptador",
  controlImage: "Dibujo que se sigue",
  preprocessor: "Sacado de la imagen con",
  preprocessors: {
    none: "Nada: ya es un dibujo",
    canny: "Contornos (Canny)",
    lineart: "Líneas",
    depth: "Profundidad",
    pose: "Pose",
  },
  end: "Seguirlo hasta esta parte de los pasos",
};

export const larger: Words["larger"] = {
  title: "Segunda pasada, más grande",
  told: (width, height) => `${width} × ${height}`,
  add: "Dibujarla más grande",
  scale: "Ampliar",
  strength: "Fuerza",
  upscale: "Se amplían",
  latent: "Los latentes",
  latentTitle: "Rápido; pide una fuerza de alrededor de 0,5",
  lanczos: "Los píxeles",
  lanczosTitle: "Conserva más con poca fuerza",
  remove: "Una sola pasada",
};

export const estimate: Words["estimate"] = {
  stand: "una imagen",
  time: "Tarda",
  about,
  memory: "Memoria",
  of: (used, budget) => (budget === null ? memory(used) : `${memory(used)} de ${memory(budget)}`),
  price: "Precio",
  dollars: (price) => (price < 0.01 ? "menos de 1 centavo" : `unos ${dollars(price)}`),
  doesNotFit: "No cabe en la memoria.",
  adaptations: {
    row_by_row: "La guía se calcula en dos mitades: menos memoria, el doble de tiempo.",
    decoded_in_tiles: "La imagen se decodifica por teselas; pueden verse las juntas.",
  },
};

export const suggestions: Words["suggestions"] = {
  label: "Sugerencias",
  kinds: { wildcard: "se sortea", prompt: "ya dibujado", trigger: "lo oye un LoRA" },
};

export const tools: Words["tools"] = {
  styles: "Estilos",
  stylesChosen: (n) => count(n, { one: "1 estilo", other: "# estilos" }),
  stylesTitle: "Palabras en torno al prompt",
  enhance: "Mejorar",
  enhanceTitle: "Hacer mejor el prompt",
  modes: { detailed: "Más detalle", child_friendly: "Para niños", sprite: "Para sprites" },
  nothingToDo: "Está bien como está.",
  undo: "Deshacer",
  grid: "Cuadrícula",
  gridTitle: "Muchas a la vez: cada combinación de lo que varía",
  tokens: (tokens, limit, chunks) =>
    row([
      limit ? `${number(tokens)} de ${number(limit)} tokens` : `${number(tokens)} tokens`,
      chunks && chunks > 1 && `${chunks} trozos`,
    ]),
  tokensTitle: "Lo largo que es el prompt para el modelo; lo que pasa de ahí se lee por trozos",
  cut: (from) => `No se lee desde «${from}…».`,
  noList: (names) => `Ninguna lista de palabras se llama ${names}.`,
};
