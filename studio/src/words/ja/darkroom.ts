// 現像中の画像にできること。
import type { Words } from "@/strings";
import { number, row } from "@/words/ja/forms";

export const phases: Words["phases"] = {
  queued: "順番待ち",
  running: "現像中",
  paused: "一時停止",
  finished: "完成",
  failed: "失敗",
  cancelled: "キャンセル",
};

export const acts: Words["acts"] = {
  label: "手を加える",
  pause: "一時停止",
  pauseTitle: "その場で止める。ここまでの分は残ります（スペース）",
  resume: "再開",
  resumeTitle: "止めたところから続ける（スペース）",
  steerTitle: "次のステップからプロンプトやガイダンスを変える（S）",
  injectTitle: "画像の一部にノイズを加える（I）",
  branchTitle: "ここから別の形で現像する（B）",
  leaveOff: "ここで終える",
  leaveOffTitle: "ここで終えて、いまの画像を残す",
  cancel: "キャンセル",
  cancelTitle: "画像を残さずに止める",
  sheet: "コンタクトシート",
  sheetTitle: "すべてのステップを一覧",
  names: {
    steer: () => "方向転換",
    inject: () => "ノイズ",
    branch: (step) => (step === null ? "分岐" : `ステップ ${step} から分岐`),
  },
  close: "脇に置く（Esc）",
  held: "決めるまで止まっています。",
  steerFrom: (step) => `ステップ ${step} から方向転換`,
  injectAfter: (step) => `ステップ ${step} の後にノイズ`,
  branchFrom: (step) => `ステップ ${step} から分岐`,
  prompt: "ここからのプロンプト",
  steerNow: "方向転換",
  steerHint: "ここまでのステップは変わりません。",
  injectNow: "加える",
  injectHint: "プリント上の粒が、ノイズの落ちる場所です。",
  branchNow: "分岐を現像",
  branchHint: "こちらは残り、分岐は下に伸びます。",
  withNoise: "ノイズも加える",
  steeredFrom: (step, prompt, guidance) =>
    `ステップ ${step} から：${row([prompt && `「${prompt}」`, guidance !== null && `ガイダンス ${number(guidance)}`])}`,
  injectedAfter: (step, where, strength) => `ステップ ${step} の後のノイズ：${where}、強さ ${number(strength)}`,
  stoppedAfter: (step) => `ステップ ${step} で終了`,
};

export const branch: Words["branch"] = {
  tree: (strips) => (strips === 1 ? "ストリップ" : `互いに分岐した ${number(strips)} 本のストリップ`),
  hold: (name, phase) => `${name}（${phase}）。バットに入れる。`,
  first: (prompt) => `「${prompt}」`,
  name: (prompt, guidance, noise) =>
    row([
      prompt && `「${prompt}」`,
      guidance !== null && `ガイダンス ${number(guidance)}`,
      noise && `ノイズ：${noise}`,
    ]) || "変更なし",
};

export const sheet: Words["sheet"] = {
  title: "コンタクトシート",
  close: "閉じる",
  look: (step) => `${step} を見る`,
  final: "完成",
};

export const noise: Words["noise"] = {
  pattern: "ノイズの落ちる場所",
  painted: "塗る",
  strength: "強さ",
  feather: "縁のぼかし",
  seed: "ノイズのシード",
  roll: "別の粒にする",
  patterns: {
    circle: "円",
    square: "四角",
    edges: "縁",
    top: "上",
    bottom: "下",
    left: "左",
    right: "右",
    checkerboard: "市松",
    blobs: "まだら",
  },
};

export const paint: Words["paint"] = {
  surface: "塗る面：矢印キーでブラシを動かし、スペースで塗る",
  tool: "道具",
  brush: "塗る",
  eraser: "消す",
  size: "ブラシの大きさ",
  undo: "直前の筆を取り消す",
  redo: "筆を戻す",
  invert: "反転：塗っていないところすべて",
  clear: "最初から",
  close: "閉じる",
  use: "このマスクを使う",
  onPrint: "プリントに塗ってください。塗ったところにノイズが落ちます。",
};

export const reproduce: Words["reproduce"] = {
  ask: "再現",
  title: "レシピからもう一度描き、全画素を比べる",
  asking: "描き直しています",
  pending: "1 分以上かかります。後でもう一度お試しください。",
};
