// 提示词以外，配方由什么组成。
import type { Words } from "@/strings";
import { dollars, list, memory, number, row, span } from "@/words/zh/forms";

const abilities = { image: "从图片开始", injection: "注入噪声", steering: "中途转向" };
const about = (s: number): string => (s < 1 ? "不到 1 秒" : `大约 ${span(s)}`);

export const model: Words["model"] = {
  loaded: "已载入",
  installed: "画第一张时载入",
  gigabytes: (size) => memory(size * 2 ** 30),
  cannot: (what) => `不能${list(what.map((one) => abilities[one]))}`,
};

export const sampling: Words["sampling"] = {
  title: "采样",
  schedule: "噪声等级",
  schedules: { model: "与训练时相同", karras: "Karras", exponential: "指数" },
  clipSkip: "跳过的文本编码层数",
};

export const image: Words["image"] = {
  choose: "拖入、粘贴或选择一张图片",
  sending: "请稍候",
  recent: "或从最近的图片中选",
  take: (title, as) => `把“${title}”用作${as}`,
  remove: (label) => `去掉：${label}`,
  gone: "这张图片已不再保留，请重新选择。",
};

export const start: Words["start"] = {
  title: "从图片开始",
  told: (step, strength, masked, wider) =>
    row([step === null ? `强度 ${number(strength, 2)}` : `从第 ${step} 步`, masked && "有蒙版", wider && "已扩展"]),
  image: "起始图片",
  strength: "强度",
  way: "改掉多少",
  atStep: "从某一步",
  atStepHint: (step, of) => `加上第 ${step} 步的噪声，还要走 ${number(Math.max(0, of - step + 1))} 步。`,
  strengthHint: "0 保留原图，1 完全忘掉。",
  mask: "画出要重绘的部分",
  maskTitle: "要重绘的部分",
  maskHint: "画到的部分会重绘，其余像素不变。",
  maskChange: "修改蒙版",
  maskRemove: "全部重绘",
  invert: "反转蒙版",
  feather: "柔化边缘（像素）",
  outpaint: "向外多画一些",
  outpaintHint: "图片四周新画的像素",
  outpaintRemove: "四周不画",
  sides: { left: "左", right: "右", top: "上", bottom: "下" },
};

export const promptImage: Words["promptImage"] = {
  title: "以图片为提示",
  told: (weight) => `权重 ${number(weight, 2)}`,
  image: "提示图片",
  weight: "权重",
  hint: "0 只听文字，1 只看图片。",
};

export const noiseSection: Words["noiseSection"] = {
  title: "途中的噪声",
  told: (n) => `${number(n)} 次注入`,
  one: (n) => `第 ${n} 次注入`,
  add: "加入噪声",
  after: "在此步之后",
  remove: (n) => `去掉第 ${n} 次注入`,
  paintAgain: "重新画",
  paintTitle: "噪声落在哪里",
  paintHint: "画到哪里，噪声就落到哪里。",
};

export const adapters: Words["adapters"] = {
  title: "LoRA 和适配器",
  told: (n) => `使用 ${number(n)} 个`,
  none: "还没有安装。请把 LoRA 放进服务器主目录的“loras”文件夹。",
  add: "添加",
  kinds: { lora: "LoRA", control: "控制", ip_adapter: "图像" },
  weight: "权重",
  remove: (name) => `取下 ${name}`,
  trigger: (word) => `把“${word}”写进提示词`,
  adapterImage: "给适配器的图片",
  controlImage: "要遵循的线稿",
  preprocessor: "如何从图片得到",
  preprocessors: {
    none: "不处理：它本身就是线稿",
    canny: "边缘（Canny）",
    lineart: "线条",
    depth: "深度",
    pose: "姿势",
  },
  end: "遵循到全部步骤的这一比例",
};

export const larger: Words["larger"] = {
  title: "第二遍，更大",
  told: (width, height) => `${width} × ${height}`,
  add: "画得更大",
  scale: "放大",
  strength: "强度",
  upscale: "放大方式",
  latent: "潜变量",
  latentTitle: "快；强度要在 0.5 左右",
  lanczos: "像素",
  lanczosTitle: "强度低时保留得更多",
  remove: "只画一遍",
};

export const estimate: Words["estimate"] = {
  stand: "一张图片",
  time: "耗时",
  about,
  memory: "内存",
  of: (used, budget) => (budget === null ? memory(used) : `${memory(used)}，共 ${memory(budget)}`),
  price: "价格",
  dollars: (price) => (price < 0.01 ? "不到 1 美分" : `大约 ${dollars(price)}`),
  doesNotFit: "内存放不下。",
  adaptations: {
    row_by_row: "引导分两半计算：内存更少，时间加倍。",
    decoded_in_tiles: "图片分块解码，接缝可能隐约可见。",
  },
};

export const suggestions: Words["suggestions"] = {
  label: "建议",
  kinds: { wildcard: "随机抽取", prompt: "画过", trigger: "LoRA 触发词" },
};

export const tools: Words["tools"] = {
  styles: "风格",
  stylesChosen: (n) => `${number(n)} 种风格`,
  stylesTitle: "加在提示词前后的词",
  enhance: "润色",
  enhanceTitle: "让提示词更好",
  modes: { detailed: "更多细节", child_friendly: "适合儿童", sprite: "适合精灵图" },
  nothingToDo: "这样就很好。",
  undo: "撤销",
  grid: "网格",
  gridTitle: "一次许多张：所有变化的组合",
  tokens: (tokens, limit, chunks) =>
    row([
      limit ? `${number(tokens)} / ${number(limit)} 个 token` : `${number(tokens)} 个 token`,
      chunks && chunks > 1 && `${chunks} 段`,
    ]),
  tokensTitle: "对模型来说提示词有多长；超出的部分会分段读取",
  cut: (from) => `从“${from}…”起不再读取。`,
  noList: (names) => `没有名为 ${names} 的词表。`,
};
