// A picture's stored steps, made into a moving picture in the browser: nothing has to be sent anywhere for it.
import type { PictureRecord } from "@/api/types";
import { animated, type Still } from "@/features/timelapse/webp";

export type Format = "webp" | "mp4";

export interface Wish {
  readonly picture: PictureRecord;
  /** Which of its generation's pictures it is, from 0. */
  readonly which: number;
  readonly total: number;
  readonly format: Format;
  readonly perSecond: number;
  /** Of the longer side, in pixels. */
  readonly side: number;
  readonly onFrame: (done: number, of: number) => void;
  readonly signal: AbortSignal;
}

/** For how long the finished print is shown. */
const PRINT_MS = 2_000;
const QUALITY = 0.85;
const PAPER = "--sheet";

/** Whether this browser writes moving pictures of the format; videos only for pages that came over a safe line. */
export const writes = (format: Format): boolean => format === "webp" || typeof VideoEncoder !== "undefined";

/** The steps' addresses in their order, and the print's. */
function sourcesOf({ picture, which, total, side }: Wish): readonly string[] {
  const frames = `/api/v1/generations/${picture.generation}/frames`;
  const size = `picture=${which}&size=${Math.min(2048, side)}`;
  return [...Array.from({ length: total }, (_, n) => `${frames}/${n + 1}?${size}`), picture.url];
}

/** Null where a step is not kept: a busy engine leaves some out. */
async function fetched(url: string, signal: AbortSignal): Promise<ImageBitmap | null> {
  const response = await fetch(url, { signal });
  return response.ok ? createImageBitmap(await response.blob()) : null;
}

/** The film as a file; null where no step is kept any more. */
export async function film(wish: Wish): Promise<Blob | null> {
  const { picture, side, signal, onFrame } = wish;
  const sources = sourcesOf(wish);
  const images: ImageBitmap[] = [];
  for (const [n, source] of sources.entries()) {
    const image = await fetched(source, signal);
    if (image) images.push(image);
    onFrame(n + 1, sources.length);
  }
  if (images.length < 2) return null;
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  // Even, because most video is.
  canvas.width = Math.max(2, 2 * Math.round((picture.width * scale) / 2));
  canvas.height = Math.max(2, 2 * Math.round((picture.height * scale) / 2));
  const drawn = wish.format === "webp" ? await asWebp(canvas, images, wish) : await asMp4(canvas, images, wish);
  for (const image of images) image.close();
  return drawn;
}

function expose(canvas: HTMLCanvasElement, image: ImageBitmap, { paper = null as string | null } = {}): void {
  const context = canvas.getContext("2d");
  if (context === null) throw new RangeError("no canvas");
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (paper) {
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
}

async function asWebp(canvas: HTMLCanvasElement, images: readonly ImageBitmap[], wish: Wish): Promise<Blob> {
  const stills: Still[] = [];
  for (const [n, image] of images.entries()) {
    expose(canvas, image);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", QUALITY));
    if (blob === null) throw new RangeError("the browser writes no WebP");
    const last = n === images.length - 1;
    stills.push({
      file: new Uint8Array(await blob.arrayBuffer()),
      ms: last ? PRINT_MS : Math.round(1000 / wish.perSecond),
    });
  }
  return new Blob([animated(stills, canvas)], { type: "image/webp" });
}

/** Videos have no transparency: it lies on the sheet. */
async function asMp4(canvas: HTMLCanvasElement, images: readonly ImageBitmap[], wish: Wish): Promise<Blob> {
  // Large, and only few want a video.
  const { BufferTarget, CanvasSource, getFirstEncodableVideoCodec, Mp4OutputFormat, Output, QUALITY_HIGH } =
    await import("mediabunny");
  const format = new Mp4OutputFormat();
  const codec = await getFirstEncodableVideoCodec(format.getSupportedVideoCodecs(), canvas);
  if (codec === null) throw new RangeError("the browser writes no video");
  const target = new BufferTarget();
  const output = new Output({ format, target });
  const frames = new CanvasSource(canvas, { codec, bitrate: QUALITY_HIGH });
  output.addVideoTrack(frames);
  await output.start();
  const paper = getComputedStyle(document.documentElement).getPropertyValue(PAPER);
  for (const [n, image] of images.entries()) {
    wish.signal.throwIfAborted();
    expose(canvas, image, { paper });
    await frames.add(n / wish.perSecond, n === images.length - 1 ? PRINT_MS / 1000 : 1 / wish.perSecond);
  }
  await output.finalize();
  if (target.buffer === null) throw new RangeError("the video is empty");
  return new Blob([target.buffer], { type: "video/mp4" });
}
