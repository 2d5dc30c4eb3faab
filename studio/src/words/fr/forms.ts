import { formsOf } from "@/words/forms";

export const { number, count, list, row, percent, dollars, span, memory } = formsOf("fr");
export const pictures = (n: number): string => count(n, { one: "# image", other: "# images" });
