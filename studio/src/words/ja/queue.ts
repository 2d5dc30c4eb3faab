// 順番を待つ生成の列。
import type { Words } from "@/strings";
import { number, percent } from "@/words/ja/forms";

export const queue: Words["queue"] = {
  title: "待ち行列",
  open: (waiting) => `${number(waiting)} 件待ち`,
  body: "いま描いているものと、順番を待つもの。自分のものはドラッグか矢印で並べ替えられます。",
  close: "閉じる",
  empty: "待っているものはありません。",
  running: "現像中",
  paused: "一時停止",
  place: (position) => (position === 0 ? "次の順番" : `前に ${number(position)} 件`),
  percent: (done) => percent(done),
  up: (prompt) => `先へ：「${prompt}」`,
  down: (prompt) => `後へ：「${prompt}」`,
  watch: (prompt) => `「${prompt}」を見る`,
  cancel: (prompt) => `「${prompt}」をキャンセル`,
  priority: (prompt) => `「${prompt}」の優先度`,
  priorities: { low: "低", normal: "標準", high: "高" },
};
