import { formsOf } from "@/words/forms";

export const { number, list, row, percent, dollars, span, memory } = formsOf("ja", "、");
export const pictures = (n: number): string => `${number(n)} 枚`;
