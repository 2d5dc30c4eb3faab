// 预览、审核、隐私，以及各种内容保留多久。
import type { Words } from "@/strings";
import { number, pictures } from "@/words/zh/forms";

export const previews: Words["previews"] = {
  title: "预览",
  body: "步骤如何传到这个浏览器。网速慢时，更少、更小的预览会更顺畅。",
  every: "显示",
  cadence: { "1": "每一步", "2": "每 2 步", "4": "每 4 步", none: "不显示" },
  size: "大小",
  sizes: { "128": "小", "256": "中", "512": "大" },
};

export const moderation: Words["moderation"] = {
  title: "审核",
  body: "看看服务器会怎样评判一个提示词，不会绘制任何东西。",
  text: "提示词",
  test: "测试",
  allowed: "可以绘制。",
  refused: (what) => `会被拒绝：${what}。`,
  scores: (scores) => `从中看到：${scores}。`,
  score: (category, share) => `${category} ${share}%`,
  journal: "最近拒绝的",
  noRefusals: "没有拒绝过。",
  when: "时间",
  what: "内容",
  why: "原因",
  subjects: { prompt: "提示词", preview: "预览", picture: "图片", input: "提供的图片", image: "图片" },
  categories: {
    sexual: "色情",
    minors: "未成年人",
    violence: "暴力",
    hate: "仇恨",
    self_harm: "自残",
    illegal: "违法",
  },
};

export const policy: Words["policy"] = {
  title: (workspace) => `工作区“${workspace}”`,
  body: "这里与服务器其他地方不同的设置。留空则与各处相同。",
  kept: "保留多久（天）",
  retention: { pictures: "图片", trash: "回收站", generations: "生成", verdicts: "审核结论" },
  thresholds: "达到此分数即拒绝",
  thresholdsHint: "0 拒绝一切，最高为 1。大于 1 表示放行，前提是服务器允许。",
  texts: "提示词",
  pictures: "图片",
  of: (category, kind) => `${category}，${kind}`,
  analytics: "按名字统计使用者",
  save: "保存",
  saved: "已保存，从下一个请求起生效。",
};

export const privacy: Words["privacy"] = {
  title: "隐私",
  body: "这台服务器保留你的哪些内容，以及如何处理。",
  analytics: "以我的名字统计使用情况",
  export: "全部下载",
  exportBody: "账户、生成、图片、链接、审核结论，打包成一个 zip。",
  consent: "你同意的内容",
  agree: "我同意",
  agreed: (when) => `你已于 ${when} 同意。`,
  erase: "抹去我的数据",
  eraseTitle: "抹去你的全部内容？",
  eraseBody: "账户、密钥、生成、图片及其文件和链接都将永久消失，无法恢复。",
  eraseConfirm: (name) => `请输入“${name}”确认`,
  erased: (images, generations) => `已抹去：${pictures(images)}，${number(generations)} 次生成。`,
};

export const defaults: Words["defaults"] = {
  body: "显影页在此浏览器中的起始设置。你在那里的改动会保留，直到你从头开始。",
};
