// 图片显影时可以做的事。
import type { Words } from "@/strings";
import { number, row } from "@/words/zh/forms";

export const phases: Words["phases"] = {
  queued: "等待中",
  running: "显影中",
  paused: "已暂停",
  finished: "已完成",
  failed: "失败",
  cancelled: "已取消",
};

export const acts: Words["acts"] = {
  label: "介入",
  pause: "暂停",
  pauseTitle: "让它停住，已完成的都保留（空格）",
  resume: "继续",
  resumeTitle: "从暂停处继续（空格）",
  steerTitle: "从下一步起换提示词或引导强度（S）",
  injectTitle: "往图片的一部分加噪声（I）",
  branchTitle: "从这里换一种方式再显影（B）",
  leaveOff: "停在这里",
  leaveOffTitle: "到此为止，保留现在的图片",
  cancel: "取消",
  cancelTitle: "停止，不保留图片",
  sheet: "小样",
  sheetTitle: "一次看到所有步骤",
  names: {
    steer: () => "转向",
    inject: () => "注入",
    branch: (step) => (step === null ? "分支" : `从第 ${step} 步分支`),
  },
  close: "放到一边（Esc）",
  held: "在你决定之前，它会停住。",
  steerFrom: (step) => `从第 ${step} 步起转向`,
  injectAfter: (step) => `在第 ${step} 步之后注入噪声`,
  branchFrom: (step) => `从第 ${step} 步分支`,
  prompt: "从这里起的提示词",
  steerNow: "转向",
  steerHint: "之前的步骤保持不变。",
  injectNow: "注入",
  injectHint: "图上的颗粒就是噪声落下的地方。",
  branchNow: "显影这个分支",
  branchHint: "这一条会留下，分支长在它下面。",
  withNoise: "同时加入噪声",
  steeredFrom: (step, prompt, guidance) =>
    `从第 ${step} 步起：${row([prompt && `“${prompt}”`, guidance !== null && `引导 ${number(guidance)}`])}`,
  injectedAfter: (step, where, strength) => `第 ${step} 步之后的噪声：${where}，强度 ${number(strength)}`,
  stoppedAfter: (step) => `在第 ${step} 步之后停下`,
};

export const branch: Words["branch"] = {
  tree: (strips) => (strips === 1 ? "步骤条" : `${number(strips)} 条步骤条，彼此分支`),
  hold: (name, phase) => `${name}（${phase}）。放入显影盘。`,
  first: (prompt) => `“${prompt}”`,
  name: (prompt, guidance, noise) =>
    row([prompt && `“${prompt}”`, guidance !== null && `引导 ${number(guidance)}`, noise && `噪声：${noise}`]) ||
    "没有改动",
};

export const sheet: Words["sheet"] = {
  title: "小样",
  close: "关闭",
  look: (step) => `查看 ${step}`,
  final: "成片",
};

export const noise: Words["noise"] = {
  pattern: "噪声落在哪里",
  painted: "自己画",
  strength: "强度",
  feather: "柔化边缘",
  seed: "噪声种子",
  roll: "换一种颗粒",
  patterns: {
    circle: "圆形",
    square: "方形",
    edges: "边缘",
    top: "上方",
    bottom: "下方",
    left: "左侧",
    right: "右侧",
    checkerboard: "棋盘",
    blobs: "斑块",
  },
};

export const paint: Words["paint"] = {
  surface: "绘画区：方向键移动画笔，空格绘画",
  tool: "工具",
  brush: "绘画",
  eraser: "擦除",
  size: "画笔大小",
  undo: "撤回上一笔",
  redo: "恢复这一笔",
  invert: "反转：没有画到的全部",
  clear: "重新开始",
  close: "关闭",
  use: "使用这个蒙版",
  onPrint: "在图上画：画到哪里，噪声就落到哪里。",
};

export const reproduce: Words["reproduce"] = {
  ask: "重现",
  title: "按配方再画一次，逐个像素比较",
  asking: "正在重画",
  pending: "需要一分钟以上，请稍后再问。",
};
