// 等待中的生成队列。
import type { Words } from "@/strings";
import { number, percent } from "@/words/zh/forms";

export const queue: Words["queue"] = {
  title: "队列",
  open: (waiting) => `${number(waiting)} 个等待`,
  body: "正在绘制的和等待中的。拖动自己的任务，或用箭头，即可调整顺序。",
  close: "关闭",
  empty: "没有等待中的任务。",
  running: "显影中",
  paused: "已暂停",
  place: (position) => (position === 0 ? "下一个" : `前面还有 ${number(position)} 个`),
  percent: (done) => percent(done),
  up: (prompt) => `提前：“${prompt}”`,
  down: (prompt) => `推后：“${prompt}”`,
  watch: (prompt) => `观看“${prompt}”`,
  cancel: (prompt) => `取消“${prompt}”`,
  priority: (prompt) => `“${prompt}”的优先级`,
  priorities: { low: "低", normal: "普通", high: "高" },
};
