// まとめて何枚も。
import type { Words } from "@/strings";
import { number, pictures, row, span } from "@/words/ja/forms";

export const grid: Words["grid"] = {
  title: "グリッド",
  close: "閉じる",
  body: (prompt) =>
    `「${prompt}」を組み合わせごとに 1 枚ずつ。シードを固定していなければ、すべてのマスで同じものを使います。`,
  places: ["列", "行", "シート"],
  field: "変えるもの",
  fields: {
    prompt: "プロンプトのことば",
    guidance: "ガイダンス",
    steps: "ステップ",
    sampler: "サンプラー",
    seed: "シード",
    strength: "強さ",
    weight: "画像の重み",
    lora: "LoRA の重み",
  },
  values: "値",
  replacements: "置き換えることば",
  search: "置き換える対象",
  examples: {
    prompt: "red, blue, golden",
    guidance: "3, 5, 7",
    steps: "8〜32 / 8",
    sampler: "euler, ddim",
    seed: "1〜4",
    strength: "0.2〜0.8 / 0.2",
    weight: "0.2〜0.8 / 0.2",
    lora: "0, 0.5, 1",
  },
  hint: "カンマで区切るか、「3〜9 / 2」（3 から 9 まで 2 刻み）のように書きます。",
  faults: {
    empty: "値を一つは入れてください。",
    number: "カンマで区切った数を入れてください。",
    span: "その範囲では値がないか、多すぎます。「3〜9 / 2」のように書いてください。",
    search: "プロンプトにそのことばがありません。",
    sampler: "このモデルにそのサンプラーはありません。",
  },
  add: "ほかにも変える",
  remove: (place) => `${place}を外す`,
  develop: (cells) => `${pictures(cells)}を現像`,
  takes: (s) => `約 ${span(s)}`,
  tooMany: (most) => `最大 ${pictures(most)}です。`,
  sheet: "シート",
  progress: (ended, of, failed) =>
    row([`${number(ended)} / ${pictures(of)}`, failed > 0 && `失敗 ${pictures(failed)}`]),
  cancel: "残りは描かない",
  download: "シートをダウンロード",
  leave: "シートをしまう",
  back: "シートに戻る",
  cell: (name, state) => `${name}：${state}`,
};

export const cells: Words["cells"] = {
  waiting: "待機",
  queued: "順番待ち",
  running: "現像中",
  paused: "一時停止",
  finished: "完成",
  failed: "失敗",
  cancelled: "キャンセル",
};
