import { Problem } from "@/api/problem";

const TRIES = 3;
const PAUSE_MS = 1_000;

/** 128 random bits in hex. Not `randomUUID`, which browsers keep from pages that came over plain http. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");

/** Asks with one key for all tries: an answer that was lost on the way back never makes a second one. */
export async function surely<Answer>(asking: (key: string) => Promise<Answer>): Promise<Answer> {
  const key = newKey();
  for (let left = TRIES - 1; ; left--) {
    try {
      return await asking(key);
    } catch (error) {
      if (left === 0 || !(error instanceof Problem && error.unreachable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
