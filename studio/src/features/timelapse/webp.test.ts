import { expect, it } from "vitest";
import { animated } from "@/features/timelapse/webp";

const letters = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
/** A file of one chunk of pixels with an odd length, which is padded. */
const still = Uint8Array.of(...letters("RIFF"), 16, 0, 0, 0, ...letters("WEBPVP8L"), 3, 0, 0, 0, 47, 1, 2, 0);

it("puts stills into one file that says its own length", () => {
  const file = animated(
    [
      { file: still, ms: 250 },
      { file: still, ms: 1000 },
    ],
    { width: 300, height: 2 },
  );
  const view = new DataView(file.buffer);
  const words = String.fromCharCode(...file);
  expect(view.getUint32(4, true)).toBe(file.length - 8);
  expect(words.slice(8, 16)).toBe("WEBPVP8X");
  expect(words.match(/ANMF/g)).toHaveLength(2);
  const first = words.indexOf("ANMF");
  expect([...file.subarray(first + 14, first + 23)]).toEqual([43, 1, 0, 1, 0, 0, 250, 0, 0]);
  expect([...file.subarray(first + 24, first + 36)]).toEqual([...still.subarray(12)]);
});

it("takes nothing but WebP", () => {
  expect(() => animated([{ file: letters("GIF89a and more bytes"), ms: 1 }], { width: 1, height: 1 })).toThrow(
    "no WebP",
  );
});
