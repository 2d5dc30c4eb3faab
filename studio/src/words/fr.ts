// Français.
export * from "@/words/fr/app";
export * from "@/words/fr/batch";
export * from "@/words/fr/darkroom";
export * from "@/words/fr/gallery";
export * from "@/words/fr/house";
export * from "@/words/fr/privacy";
export * from "@/words/fr/queue";
export * from "@/words/fr/recipe";
export * from "@/words/fr/services";
export * from "@/words/fr/shell";
export * from "@/words/fr/studio";
export * from "@/words/fr/timelapse";
export * from "@/words/fr/usage";
