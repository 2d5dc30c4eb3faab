// Muchas a la vez.
import type { Words } from "@/strings";
import { count, number, pictures, row, span } from "@/words/es/forms";

export const grid: Words["grid"] = {
  title: "Cuadrícula",
  close: "Cerrar",
  body: (prompt) =>
    `«${prompt}», una vez por cada combinación. Si no se fijó ninguna semilla, todas las celdas comparten una.`,
  places: ["Columnas", "Filas", "Hojas"],
  field: "Lo que varía",
  fields: {
    prompt: "Palabras del prompt",
    guidance: "Guía",
    steps: "Pasos",
    sampler: "Muestreador",
    seed: "Semilla",
    strength: "Fuerza",
    weight: "Peso de la imagen",
    lora: "Peso del LoRA",
  },
  values: "Valores",
  replacements: "Palabras en su lugar",
  search: "Sustituye",
  examples: {
    prompt: "red, blue, golden",
    guidance: "3, 5, 7",
    steps: "8 a 32 cada 8",
    sampler: "euler, ddim",
    seed: "1 a 4",
    strength: "0.2 a 0.8 cada 0.2",
    weight: "0.2 a 0.8 cada 0.2",
    lora: "0, 0.5, 1",
  },
  hint: "Valores separados por comas, o como «3 a 9 cada 2».",
  faults: {
    empty: "Da al menos un valor.",
    number: "Números separados por comas, con punto para los decimales.",
    span: "Eso no lleva a ninguna parte, o demasiado lejos; por ejemplo: «3 a 9 cada 2».",
    search: "El prompt no contiene esas palabras.",
    sampler: "El modelo no tiene ese muestreador.",
  },
  add: "Variar algo más",
  remove: (place) => `Quitar: ${place.toLowerCase()}`,
  develop: (cells) => `Revelar ${pictures(cells)}`,
  takes: (s) => `unos ${span(s)}`,
  tooMany: (most) => `${pictures(most)} como máximo.`,
  sheet: "Hoja",
  progress: (ended, of, failed) =>
    row([
      `${number(ended)} de ${pictures(of)}`,
      failed > 0 && count(failed, { one: "# fallida", other: "# fallidas" }),
    ]),
  cancel: "No dibujar más de ella",
  download: "Descargar la hoja",
  leave: "Guardar la hoja",
  back: "Volver a la hoja",
  cell: (name, state) => `${name}: ${state.toLowerCase()}`,
};

export const cells: Words["cells"] = {
  waiting: "Espera",
  queued: "En la cola",
  running: "Revelándose",
  paused: "En pausa",
  finished: "Terminada",
  failed: "Fallida",
  cancelled: "Cancelada",
};
