// Deutsch.
export * from "@/words/de/app";
export * from "@/words/de/batch";
export * from "@/words/de/darkroom";
export * from "@/words/de/gallery";
export * from "@/words/de/house";
export * from "@/words/de/privacy";
export * from "@/words/de/queue";
export * from "@/words/de/recipe";
export * from "@/words/de/services";
export * from "@/words/de/shell";
export * from "@/words/de/studio";
export * from "@/words/de/timelapse";
export * from "@/words/de/usage";
