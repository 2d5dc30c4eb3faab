// 現像の様子を動く画像に。
import type { Words } from "@/strings";
import { number } from "@/words/ja/forms";

export const timelapse: Words["timelapse"] = {
  open: "タイムラプス",
  title: "タイムラプス",
  body: "ステップを順に並べ、最後にプリントを見せます。",
  close: "閉じる",
  format: "形式",
  formats: { webp: "WebP", mp4: "MP4" },
  speed: "1 秒あたりのステップ",
  size: "サイズ",
  make: "作成",
  making: (done, of) => `コマ ${number(done)} / ${number(of)}`,
  save: "ファイルを保存",
  gone: "この画像のステップはもう残っていません。",
  failed: "作成できませんでした。",
  alt: (title) => `「${title}」のタイムラプス`,
};
