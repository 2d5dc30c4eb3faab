// 日本語。
export * from "@/words/ja/app";
export * from "@/words/ja/batch";
export * from "@/words/ja/darkroom";
export * from "@/words/ja/gallery";
export * from "@/words/ja/house";
export * from "@/words/ja/privacy";
export * from "@/words/ja/queue";
export * from "@/words/ja/recipe";
export * from "@/words/ja/services";
export * from "@/words/ja/shell";
export * from "@/words/ja/studio";
export * from "@/words/ja/timelapse";
export * from "@/words/ja/usage";
