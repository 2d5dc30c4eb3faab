// プロンプトのほかに、レシピを形づくるもの。
import type { Words } from "@/strings";
import { dollars, memory, number, row, span } from "@/words/ja/forms";

const abilities = { image: "画像から始める", injection: "ノイズを加える", steering: "途中で方向を変える" };
const about = (s: number): string => (s < 1 ? "1 秒未満" : `約 ${span(s)}`);

export const model: Words["model"] = {
  loaded: "読み込み済み",
  installed: "最初の画像で読み込みます",
  gigabytes: (size) => memory(size * 2 ** 30),
  cannot: (what) => `${row(what.map((one) => abilities[one]))}ことはできません`,
};

export const sampling: Words["sampling"] = {
  title: "サンプリング",
  schedule: "ノイズの段階",
  schedules: { model: "学習時のまま", karras: "Karras", exponential: "指数" },
  clipSkip: "省くテキストエンコーダーの層",
};

export const image: Words["image"] = {
  choose: "画像をドロップ、貼り付け、または選択",
  sending: "お待ちください",
  recent: "または最近の画像から",
  take: (title, as) => `「${title}」を${as}に使う`,
  remove: (label) => `${label}を外す`,
  gone: "この画像はもう残っていません。選び直してください。",
};

export const start: Words["start"] = {
  title: "画像から始める",
  told: (step, strength, masked, wider) =>
    row([
      step === null ? `強さ ${number(strength, 2)}` : `ステップ ${step} から`,
      masked && "マスクあり",
      wider && "外側あり",
    ]),
  image: "元の画像",
  strength: "強さ",
  way: "どれだけ変えるか",
  atStep: "ステップから",
  atStepHint: (step, of) =>
    `ステップ ${step} のノイズを加え、残り ${number(Math.max(0, of - step + 1))} ステップを進めます。`,
  strengthHint: "0 で元のまま、1 ですべて忘れます。",
  mask: "描き直すところを塗る",
  maskTitle: "描き直すところ",
  maskHint: "塗ったところを描き直します。ほかの画素は変わりません。",
  maskChange: "マスクを変える",
  maskRemove: "全体を描き直す",
  invert: "マスクを反転",
  feather: "縁のぼかし（ピクセル）",
  outpaint: "外側にも描く",
  outpaintHint: "画像のまわりに描くピクセル数",
  outpaintRemove: "外側には描かない",
  sides: { left: "左", right: "右", top: "上", bottom: "下" },
};

export const promptImage: Words["promptImage"] = {
  title: "画像をプロンプトに",
  told: (weight) => `重み ${number(weight, 2)}`,
  image: "プロンプト画像",
  weight: "重み",
  hint: "0 はことばだけ、1 は画像だけに従います。",
};

export const noiseSection: Words["noiseSection"] = {
  title: "途中のノイズ",
  told: (n) => `ノイズ ${number(n)} 回`,
  one: (n) => `ノイズ ${n}`,
  add: "ノイズを加える",
  after: "このステップの後",
  remove: (n) => `ノイズ ${n} を外す`,
  paintAgain: "塗り直す",
  paintTitle: "ノイズの落ちる場所",
  paintHint: "塗ったところにノイズが落ちます。",
};

export const adapters: Words["adapters"] = {
  title: "LoRA とアダプター",
  told: (n) => `${number(n)} 個を使用中`,
  none: "まだありません。LoRA はサーバーのホームの「loras」フォルダーに入れてください。",
  add: "追加",
  kinds: { lora: "LoRA", control: "コントロール", ip_adapter: "画像" },
  weight: "重み",
  remove: (name) => `${name} を外す`,
  trigger: (word) => `「${word}」をプロンプトに入れる`,
  adapterImage: "アダプターに渡す画像",
  controlImage: "なぞる下絵",
  preprocessor: "画像からの取り出し方",
  preprocessors: {
    none: "なし：すでに下絵です",
    canny: "輪郭（Canny）",
    lineart: "線画",
    depth: "奥行き",
    pose: "ポーズ",
  },
  end: "全ステップのうち、ここまでなぞる",
};

export const larger: Words["larger"] = {
  title: "二度目はより大きく",
  told: (width, height) => `${width} × ${height}`,
  add: "大きく描く",
  scale: "拡大",
  strength: "強さ",
  upscale: "拡大するもの",
  latent: "潜在表現",
  latentTitle: "速いが、強さは 0.5 ほど必要",
  lanczos: "ピクセル",
  lanczosTitle: "弱い強さでより多くを残す",
  remove: "一度だけ描く",
};

export const estimate: Words["estimate"] = {
  stand: "1 枚あたり",
  time: "時間",
  about,
  memory: "メモリ",
  of: (used, budget) => (budget === null ? memory(used) : `${memory(used)} / ${memory(budget)}`),
  price: "料金",
  dollars: (price) => (price < 0.01 ? "1 セント未満" : `約 ${dollars(price)}`),
  doesNotFit: "メモリに収まりません。",
  adaptations: {
    row_by_row: "ガイダンスを半分ずつ計算します。メモリは減り、時間は倍になります。",
    decoded_in_tiles: "画像をタイルに分けて復号します。継ぎ目が見えることがあります。",
  },
};

export const suggestions: Words["suggestions"] = {
  label: "候補",
  kinds: { wildcard: "くじ引き", prompt: "前に描いたもの", trigger: "LoRA の合図" },
};

export const tools: Words["tools"] = {
  styles: "スタイル",
  stylesChosen: (n) => `スタイル ${number(n)}`,
  stylesTitle: "プロンプトの前後に添えることば",
  enhance: "磨く",
  enhanceTitle: "プロンプトをより良くする",
  modes: { detailed: "より細かく", child_friendly: "子ども向け", sprite: "スプライト向け" },
  nothingToDo: "このままで十分です。",
  undo: "元に戻す",
  grid: "グリッド",
  gridTitle: "まとめて何枚も：変えるもののすべての組み合わせ",
  tokens: (tokens, limit, chunks) =>
    row([
      limit ? `${number(tokens)} / ${number(limit)} トークン` : `${number(tokens)} トークン`,
      chunks && chunks > 1 && `${chunks} 区切り`,
    ]),
  tokensTitle: "モデルから見たプロンプトの長さ。長い分は区切って読みます",
  cut: (from) => `「${from}…」以降は読まれません。`,
  noList: (names) => `${names} という単語リストはありません。`,
};
