// A painting on a canvas: to look at, to count, and to send.
import type { Mask } from "@/ui/grain/patterns";
import type { Painting, Stroke } from "@/ui/paint/painting";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Draws it white where it is painted; the rest stays clear, unless it is turned round. */
export function drawPainting(context: CanvasRenderingContext2D, painting: Painting, { width, height }: Size): void {
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  for (const stroke of painting.strokes) drawStroke(context, stroke, { width, height });
  if (!painting.inverted) return;
  context.globalCompositeOperation = "source-out";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
}

function drawStroke(context: CanvasRenderingContext2D, { erase, radius, points }: Stroke, size: Size): void {
  context.globalCompositeOperation = erase ? "destination-out" : "source-over";
  context.strokeStyle = "#fff";
  context.fillStyle = "#fff";
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = 2 * radius * Math.min(size.width, size.height);
  const [first] = points;
  if (first === undefined) return;
  // A line without a length has no ends to be round: a single dab is a disc.
  context.beginPath();
  context.arc(first.x * size.width, first.y * size.height, context.lineWidth / 2, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.moveTo(first.x * size.width, first.y * size.height);
  for (const { x, y } of points) context.lineTo(x * size.width, y * size.height);
  context.stroke();
}

function onCanvas(painting: Painting, size: Size): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("This browser draws no canvas.");
  drawPainting(context, painting, size);
  return context;
}

/** It as a mask of about so many cells. */
export function maskOf(painting: Painting, size: Size): Mask {
  const { data } = onCanvas(painting, size).getImageData(0, 0, size.width, size.height);
  return {
    ...size,
    cells: Float32Array.from({ length: size.width * size.height }, (_, n) => (data[n * 4 + 3] ?? 0) / 255),
  };
}

/** It as a file: white on black. */
export function fileOf(painting: Painting, size: Size): Promise<Blob> {
  const context = onCanvas(painting, size);
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "#000";
  context.fillRect(0, 0, size.width, size.height);
  return new Promise((resolve, reject) =>
    context.canvas.toBlob(
      (file) => (file ? resolve(file) : reject(new Error("The mask could not be written."))),
      "image/png",
    ),
  );
}
