// Lo que se puede hacer con una imagen mientras se revela.
import type { Words } from "@/strings";
import { number, row } from "@/words/es/forms";

export const phases: Words["phases"] = {
  queued: "En espera",
  running: "Revelándose",
  paused: "En pausa",
  finished: "Terminada",
  failed: "Fallida",
  cancelled: "Cancelada",
};

export const acts: Words["acts"] = {
  label: "Intervenir",
  pause: "Pausar",
  pauseTitle: "Dejarla quieta; lo hecho se conserva (Espacio)",
  resume: "Seguir",
  resumeTitle: "Seguir donde se detuvo (Espacio)",
  steerTitle: "Otro prompt u otra guía desde el paso siguiente (S)",
  injectTitle: "Poner ruido en una parte de la imagen (I)",
  branchTitle: "Revelar de otra manera desde aquí (B)",
  leaveOff: "Parar aquí",
  leaveOffTitle: "Dejarla aquí y conservar la imagen como está",
  cancel: "Cancelar",
  cancelTitle: "Detenerla sin imagen",
  sheet: "Hoja de contactos",
  sheetTitle: "Todos los pasos a la vez",
  names: {
    steer: () => "Guiar",
    inject: () => "Inyectar",
    branch: (step) => (step === null ? "Rama" : `Rama desde el paso ${step}`),
  },
  close: "Dejar a un lado (Esc)",
  held: "Está quieta mientras decides.",
  steerFrom: (step) => `Guiar desde el paso ${step}`,
  injectAfter: (step) => `Inyectar ruido tras el paso ${step}`,
  branchFrom: (step) => `Rama desde el paso ${step}`,
  prompt: "Prompt desde aquí",
  steerNow: "Guiar",
  steerHint: "Los pasos dados quedan como están.",
  injectNow: "Inyectar",
  injectHint: "El grano sobre la copia muestra dónde caerá el ruido.",
  branchNow: "Revelar la rama",
  branchHint: "Esta se queda. La rama crece debajo.",
  withNoise: "Poner también ruido",
  steeredFrom: (step, prompt, guidance) =>
    `Desde el paso ${step}: ${row([prompt && `«${prompt}»`, guidance !== null && `guía ${number(guidance)}`])}`,
  injectedAfter: (step, where, strength) =>
    `Ruido tras el paso ${step}: ${where.toLowerCase()}, fuerza ${number(strength)}`,
  stoppedAfter: (step) => `Se detiene tras el paso ${step}`,
};

export const branch: Words["branch"] = {
  tree: (strips) => (strips === 1 ? "La tira" : `${number(strips)} tiras, ramas unas de otras`),
  hold: (name, phase) => `${name} (${phase.toLowerCase()}). Ponerla en la cubeta.`,
  first: (prompt) => `«${prompt}»`,
  name: (prompt, guidance, noise) =>
    row([
      prompt && `«${prompt}»`,
      guidance !== null && `Guía ${number(guidance)}`,
      noise && `Ruido: ${noise.toLowerCase()}`,
    ]) || "Sin cambios",
};

export const sheet: Words["sheet"] = {
  title: "Hoja de contactos",
  close: "Cerrar",
  look: (step) => `Ver ${step.toLowerCase()}`,
  final: "Terminada",
};

export const noise: Words["noise"] = {
  pattern: "Dónde cae el ruido",
  painted: "Pintarlo",
  strength: "Fuerza",
  feather: "Borde suave",
  seed: "Semilla del ruido",
  roll: "Otro grano",
  patterns: {
    circle: "Círculo",
    square: "Cuadrado",
    edges: "Bordes",
    top: "Arriba",
    bottom: "Abajo",
    left: "Izquierda",
    right: "Derecha",
    checkerboard: "Ajedrez",
    blobs: "Manchas",
  },
};

export const paint: Words["paint"] = {
  surface: "Superficie para pintar: las flechas mueven el pincel, Espacio pinta",
  tool: "Herramienta",
  brush: "Pintar",
  eraser: "Borrar",
  size: "Tamaño del pincel",
  undo: "Quitar el último trazo",
  redo: "Reponer el trazo",
  invert: "Invertir: todo lo que no está pintado",
  clear: "Empezar de nuevo",
  close: "Cerrar",
  use: "Usar esta máscara",
  onPrint: "Pinta sobre la copia: el ruido cae donde pintas.",
};

export const reproduce: Words["reproduce"] = {
  ask: "Reproducir",
  title: "Dibujarla otra vez según su receta y comparar cada píxel",
  asking: "Dibujándola otra vez",
  pending: "Tarda más de un minuto; pregunta más tarde.",
};
