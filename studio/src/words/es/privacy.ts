// Las vistas previas, la moderación, la privacidad, y cuánto tiempo se guarda todo.
import type { Words } from "@/strings";
import { count, list, pictures } from "@/words/es/forms";

export const previews: Words["previews"] = {
  title: "Vistas previas",
  body: "Cómo llegan los pasos a este navegador. En una línea lenta, menos y más pequeñas dejan más sitio.",
  every: "Se muestran",
  cadence: { "1": "Todos", "2": "1 de cada 2", "4": "1 de cada 4", none: "Ninguno" },
  size: "Tamaño",
  sizes: { "128": "Pequeño", "256": "Mediano", "512": "Grande" },
};

export const moderation: Words["moderation"] = {
  title: "Moderación",
  body: "Lo que este servidor diría de un prompt. No se dibuja nada.",
  text: "Prompt",
  test: "Probar",
  allowed: "Se dibujaría.",
  refused: (what) => `Se rechazaría: ${what}.`,
  scores: (scores) => `Se ve en él: ${scores}.`,
  score: (category, share) => `${category} ${share} %`,
  journal: "Rechazos recientes",
  noRefusals: "No se rechazó nada.",
  when: "Cuándo",
  what: "Qué",
  why: "Por qué",
  subjects: {
    prompt: "Un prompt",
    preview: "Una vista previa",
    picture: "Una imagen",
    input: "Una imagen aportada",
    image: "Una imagen",
  },
  categories: {
    sexual: "sexual",
    minors: "menores",
    violence: "violencia",
    hate: "odio",
    self_harm: "autolesión",
    illegal: "ilegal",
  },
};

export const policy: Words["policy"] = {
  title: (workspace) => `Espacio «${workspace}»`,
  body: "Lo que aquí es distinto del resto del servidor. Lo que queda vacío es como en todas partes.",
  kept: "Cuánto se guarda, en días",
  retention: { pictures: "Imágenes", trash: "Papelera", generations: "Generaciones", verdicts: "Veredictos" },
  thresholds: "Se rechaza desde esta puntuación",
  thresholdsHint: "De 0, que lo rechaza todo, a 1. Por encima de 1 pasa, donde el servidor lo permite.",
  texts: "Prompts",
  pictures: "Imágenes",
  of: (category, kind) => `${category}, ${kind.toLowerCase()}`,
  analytics: "Contar quién lo usa, por nombre",
  save: "Guardar",
  saved: "Guardado. Vale desde la próxima petición.",
};

export const privacy: Words["privacy"] = {
  title: "Privacidad",
  body: "Lo que este servidor guarda de ti, y qué pasa con ello.",
  analytics: "Contar mi uso con mi nombre",
  export: "Descargarlo todo",
  exportBody: "Cuenta, generaciones, imágenes, enlaces, veredictos: un solo zip.",
  consent: "Lo que aceptas",
  agree: "Acepto",
  agreed: (when) => `Aceptado el ${when}.`,
  erase: "Borrarme",
  eraseTitle: "¿Borrar todo lo tuyo?",
  eraseBody:
    "La cuenta, las claves, las generaciones y las imágenes, con sus archivos y enlaces, se van para siempre. No hay vuelta atrás.",
  eraseConfirm: (name) => `Escribe «${name}» si va en serio`,
  erased: (images, generations) =>
    `Borrado: ${list([pictures(images), count(generations, { one: "1 generación", other: "# generaciones" })])}.`,
};

export const defaults: Words["defaults"] = {
  body: "Con qué empieza Revelar en este navegador. Lo que cambies allí queda hasta que empieces de cero.",
};
