// Español.
export * from "@/words/es/app";
export * from "@/words/es/batch";
export * from "@/words/es/darkroom";
export * from "@/words/es/gallery";
export * from "@/words/es/house";
export * from "@/words/es/privacy";
export * from "@/words/es/queue";
export * from "@/words/es/recipe";
export * from "@/words/es/services";
export * from "@/words/es/shell";
export * from "@/words/es/studio";
export * from "@/words/es/timelapse";
export * from "@/words/es/usage";
