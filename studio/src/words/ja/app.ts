// アプリとしてのスタジオ。
import type { Words } from "@/strings";

export const language: Words["language"] = {
  label: "言語",
  browser: "ブラウザーに合わせる",
  notHere: "この言語のことばを読み込めませんでした。サーバーが応答するときに、もう一度お試しください。",
};

export const app: Words["app"] = {
  renewed: "スタジオの新しいバージョンがあります。",
  reload: "再読み込み",
  title: "このデバイスで",
  body: "インストールすると独自のウィンドウで開き、サーバーがなくても、最後に見た画像とともに起動します。",
  install: "スタジオをインストール",
  installed: "インストールしました。",
  offline: "オフラインです。最後に見た画像を表示しています。",
  retry: "再試行",
};
