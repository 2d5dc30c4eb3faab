// プレビュー、審査、プライバシー、そして保存期間。
import type { Words } from "@/strings";
import { number, pictures } from "@/words/ja/forms";

export const previews: Words["previews"] = {
  title: "プレビュー",
  body: "ステップをこのブラウザーにどう送るか。回線が遅いときは、少なく小さくすると余裕ができます。",
  every: "表示",
  cadence: { "1": "毎回", "2": "2 回に 1 回", "4": "4 回に 1 回", none: "なし" },
  size: "大きさ",
  sizes: { "128": "小", "256": "中", "512": "大" },
};

export const moderation: Words["moderation"] = {
  title: "審査",
  body: "このサーバーがプロンプトをどう判断するか。何も描きません。",
  text: "プロンプト",
  test: "試す",
  allowed: "描けます。",
  refused: (what) => `拒否されます：${what}。`,
  scores: (scores) => `読み取れたもの：${scores}。`,
  score: (category, share) => `${category} ${share}%`,
  journal: "最近の拒否",
  noRefusals: "拒否したものはありません。",
  when: "いつ",
  what: "何を",
  why: "理由",
  subjects: { prompt: "プロンプト", preview: "プレビュー", picture: "画像", input: "渡された画像", image: "画像" },
  categories: {
    sexual: "性的",
    minors: "未成年",
    violence: "暴力",
    hate: "憎悪",
    self_harm: "自傷",
    illegal: "違法",
  },
};

export const policy: Words["policy"] = {
  title: (workspace) => `ワークスペース「${workspace}」`,
  body: "サーバー全体と違うところ。空欄はほかと同じです。",
  kept: "保存する日数",
  retention: { pictures: "画像", trash: "ごみ箱", generations: "生成", verdicts: "判定" },
  thresholds: "この値から拒否",
  thresholdsHint: "0 はすべてを拒否し、上限は 1 です。1 より大きいと、サーバーが許す場合は通します。",
  texts: "プロンプト",
  pictures: "画像",
  of: (category, kind) => `${category}、${kind}`,
  analytics: "利用者を名前で数える",
  save: "保存",
  saved: "保存しました。次のリクエストから有効です。",
};

export const privacy: Words["privacy"] = {
  title: "プライバシー",
  body: "このサーバーがあなたについて残すものと、その扱い。",
  analytics: "自分の利用を名前付きで数える",
  export: "すべてダウンロード",
  exportBody: "アカウント、生成、画像、リンク、判定を一つの zip に。",
  consent: "同意いただくこと",
  agree: "同意します",
  agreed: (when) => `${when} に同意しました。`,
  erase: "自分を消去",
  eraseTitle: "あなたのものをすべて消去しますか？",
  eraseBody: "アカウント、キー、生成、画像が、ファイルやリンクとともに永久に消えます。元には戻せません。",
  eraseConfirm: (name) => `確認のため「${name}」と入力`,
  erased: (images, generations) => `消去しました：画像 ${pictures(images)}、生成 ${number(generations)} 件。`,
};

export const defaults: Words["defaults"] = {
  body: "このブラウザーで現像が始まるときの設定。そこで変えたものは、最初からにするまで残ります。",
};
