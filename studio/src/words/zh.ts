// 简体中文。
export * from "@/words/zh/app";
export * from "@/words/zh/batch";
export * from "@/words/zh/darkroom";
export * from "@/words/zh/gallery";
export * from "@/words/zh/house";
export * from "@/words/zh/privacy";
export * from "@/words/zh/queue";
export * from "@/words/zh/recipe";
export * from "@/words/zh/services";
export * from "@/words/zh/shell";
export * from "@/words/zh/studio";
export * from "@/words/zh/timelapse";
export * from "@/words/zh/usage";
