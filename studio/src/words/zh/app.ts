// 作为一个应用的工作室。
import type { Words } from "@/strings";

export const language: Words["language"] = {
  label: "语言",
  browser: "跟随浏览器",
  notHere: "没能取来这种语言的文字。请在服务器有回应时重试。",
};

export const app: Words["app"] = {
  renewed: "工作室有新版本了。",
  reload: "重新载入",
  title: "在这台设备上",
  body: "安装后，工作室有自己的窗口；没有服务器也能打开，并显示最近看过的图片。",
  install: "安装工作室",
  installed: "工作室已安装。",
  offline: "离线。这些是最近看过的图片。",
  retry: "重试",
};
