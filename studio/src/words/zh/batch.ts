// 一次许多张。
import type { Words } from "@/strings";
import { number, pictures, row, span } from "@/words/zh/forms";

export const grid: Words["grid"] = {
  title: "网格",
  close: "关闭",
  body: (prompt) => `“${prompt}”，每种组合各一张。没有保留种子时，所有格子共用一个。`,
  places: ["列", "行", "页"],
  field: "变化的内容",
  fields: {
    prompt: "提示词中的词",
    guidance: "引导强度",
    steps: "步数",
    sampler: "采样器",
    seed: "种子",
    strength: "强度",
    weight: "图像权重",
    lora: "LoRA 权重",
  },
  values: "数值",
  replacements: "替换成的词",
  search: "被替换的词",
  examples: {
    prompt: "red, blue, golden",
    guidance: "3, 5, 7",
    steps: "8 到 32 每 8",
    sampler: "euler, ddim",
    seed: "1 到 4",
    strength: "0.2 到 0.8 每 0.2",
    weight: "0.2 到 0.8 每 0.2",
    lora: "0, 0.5, 1",
  },
  hint: "用逗号分隔数值，或写成“3 到 9 每 2”。",
  faults: {
    empty: "至少给一个值。",
    number: "请填数字，用逗号分隔。",
    span: "这个范围走不通，或者太长；请写成“3 到 9 每 2”。",
    search: "提示词里没有这些词。",
    sampler: "这个模型没有这种采样器。",
  },
  add: "再加一项变化",
  remove: (place) => `去掉：${place}`,
  develop: (cells) => `显影 ${pictures(cells)}`,
  takes: (s) => `大约 ${span(s)}`,
  tooMany: (most) => `最多 ${pictures(most)}。`,
  sheet: "样张页",
  progress: (ended, of, failed) =>
    row([`${number(ended)} / ${pictures(of)}`, failed > 0 && `${number(failed)} 张失败`]),
  cancel: "其余的不再绘制",
  download: "下载样张页",
  leave: "收起样张页",
  back: "回到样张页",
  cell: (name, state) => `${name}：${state}`,
};

export const cells: Words["cells"] = {
  waiting: "等待",
  queued: "排队中",
  running: "显影中",
  paused: "已暂停",
  finished: "已完成",
  failed: "失败",
  cancelled: "已取消",
};
