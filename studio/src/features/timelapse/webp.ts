// Animated WebP: still ones, as the browser encodes them, put into one file after Google's container specification
// (https://developers.google.com/speed/webp/docs/riff_container). Pure.

/** One frame: a whole WebP file, and for how long it is shown. */
export interface Still {
  readonly file: Uint8Array;
  readonly ms: number;
}

const HAS_ALPHA = 0x10;
const IS_ANIMATED = 0x02;
/** Frames replace each other instead of being blended over the one before. */
const NO_BLEND = 0x02;

/** Every picture of it is `width` by `height` pixels. Plays for ever. Throws RangeError where a file is no WebP. */
export function animated(
  stills: readonly Still[],
  { width, height }: { width: number; height: number },
): Uint8Array<ArrayBuffer> {
  const size = [...bits24(width - 1), ...bits24(height - 1)];
  const header = chunk("VP8X", [Uint8Array.of(IS_ANIMATED | HAS_ALPHA, 0, 0, 0, ...size)]);
  const loop = chunk("ANIM", [Uint8Array.of(0, 0, 0, 0, 0, 0)]);
  const frames = stills.map(({ file, ms }) =>
    chunk("ANMF", [Uint8Array.of(0, 0, 0, 0, 0, 0, ...size, ...bits24(ms), NO_BLEND), ...pixelsOf(file)]),
  );
  const body = joined([ascii("WEBP"), header, loop, ...frames]);
  return joined([ascii("RIFF"), bits32(body.length), body]);
}

/** The chunks of a still file that hold its pixels. */
function pixelsOf(file: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 20 || text(file, 0) !== "RIFF" || text(file, 8) !== "WEBP") throw new RangeError("no WebP file");
  const found: Uint8Array[] = [];
  for (let at = 12; at + 8 <= file.length; ) {
    const length = view.getUint32(at + 4, true);
    const end = at + 8 + length + (length % 2);
    if (["ALPH", "VP8 ", "VP8L"].includes(text(file, at))) found.push(file.subarray(at, end));
    at = end;
  }
  if (found.length === 0) throw new RangeError("a WebP file without pixels");
  return found;
}

const text = (file: Uint8Array, at: number): string => String.fromCharCode(...file.subarray(at, at + 4));
const ascii = (word: string): Uint8Array => Uint8Array.from(word, (letter) => letter.charCodeAt(0));
const bits24 = (value: number): readonly number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255];
const bits32 = (value: number): Uint8Array => Uint8Array.of(...bits24(value), (value >>> 24) & 255);

function chunk(name: string, parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  return joined([ascii(name), bits32(body.length), body, new Uint8Array(body.length % 2)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
