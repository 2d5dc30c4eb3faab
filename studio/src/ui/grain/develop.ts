// Grain as pixels: how noise through a mask would look on the print. Pure.
import type { Mask } from "@/ui/grain/patterns";
import { twister } from "@/ui/grain/twister";

/** Above this strength more grain would hide the print altogether. */
const OPAQUE_AT = 1.6;

/** RGBA of coloured noise where the mask is, as strong as `strength`; the same seed gives the same grain. */
export function grainPixels(mask: Mask, strength: number, seed: number): Uint8ClampedArray<ArrayBuffer> {
  const dice = twister((seed ^ 0x5afe) >>> 0);
  const pixels = new Uint8ClampedArray(mask.cells.length * 4);
  const most = Math.min(1, strength / OPAQUE_AT) * 255;
  mask.cells.forEach((share, n) => {
    const [light, warm, cool] = [dice(), dice(), dice()];
    // Mostly light and dark, a little colour: latent noise decodes to neither pure colour nor pure grey.
    pixels[n * 4] = 255 * (0.75 * light + 0.25 * warm);
    pixels[n * 4 + 1] = 255 * light;
    pixels[n * 4 + 2] = 255 * (0.75 * light + 0.25 * cool);
    pixels[n * 4 + 3] = share * most;
  });
  return pixels;
}
