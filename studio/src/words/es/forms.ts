import { formsOf } from "@/words/forms";

export const { number, count, list, row, percent, dollars, span, memory } = formsOf("es");
export const pictures = (n: number): string => count(n, { one: "1 imagen", other: "# imágenes" });
