import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({ extend: { theme: { text: ["small", "body", "title"] } } });

/** Class names, the later ones winning over those they contradict. */
export const cx = (...names: ClassValue[]): string => merge(clsx(names));
