// 把显影过程做成动态画面。
import type { Words } from "@/strings";
import { number } from "@/words/zh/forms";

export const timelapse: Words["timelapse"] = {
  open: "延时动画",
  title: "延时动画",
  body: "依次播放它的每一步，最后是成片。",
  close: "关闭",
  format: "格式",
  formats: { webp: "WebP", mp4: "MP4" },
  speed: "每秒步数",
  size: "尺寸",
  make: "制作",
  making: (done, of) => `第 ${number(done)} 帧，共 ${number(of)} 帧`,
  save: "保存文件",
  gone: "这张图片的步骤已不再保留。",
  failed: "没能制作出来。",
  alt: (title) => `“${title}”的延时动画`,
};
