// La cola de las generaciones que esperan.
import type { Words } from "@/strings";
import { count, number, percent } from "@/words/es/forms";

export const queue: Words["queue"] = {
  title: "Cola",
  open: (waiting) => `${number(waiting)} en espera`,
  body: "Lo que se está dibujando y lo que espera. Arrastra las tuyas, o usa las flechas, para cambiar su orden.",
  close: "Cerrar",
  empty: "Nada espera.",
  running: "Revelándose",
  paused: "En pausa",
  place: (position) => (position === 0 ? "La siguiente" : count(position, { one: "Antes va 1", other: "Antes van #" })),
  percent: (done) => percent(done),
  up: (prompt) => `Antes: «${prompt}»`,
  down: (prompt) => `Después: «${prompt}»`,
  watch: (prompt) => `Mirar «${prompt}»`,
  cancel: (prompt) => `Cancelar «${prompt}»`,
  priority: (prompt) => `Prioridad de «${prompt}»`,
  priorities: { low: "Baja", normal: "Normal", high: "Alta" },
};
