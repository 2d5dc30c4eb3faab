// El revelado de una imagen, en movimiento.
import type { Words } from "@/strings";
import { number } from "@/words/es/forms";

export const timelapse: Words["timelapse"] = {
  open: "Time-lapse",
  title: "Time-lapse",
  body: "Sus pasos, uno tras otro, y la copia al final.",
  close: "Cerrar",
  format: "Formato",
  formats: { webp: "WebP", mp4: "MP4" },
  speed: "Pasos por segundo",
  size: "Tamaño",
  make: "Crear",
  making: (done, of) => `Fotograma ${number(done)} de ${number(of)}`,
  save: "Guardar el archivo",
  gone: "Los pasos de esta imagen ya no se conservan.",
  failed: "No se pudo crear.",
  alt: (title) => `Time-lapse de «${title}»`,
};
