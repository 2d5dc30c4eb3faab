import { createParser, type EventSourceMessage } from "eventsource-parser";
import { tell } from "@/api/ask";
import { Problem } from "@/api/problem";
import { type FeedEvent, isFinal } from "@/api/types";

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 8_000;
/** The server sends a comment every 15 s; a line silent for longer than this is dead without saying so. */
const SILENCE_MS = 40_000;

export interface Follow {
  readonly url: string;
  readonly signal: AbortSignal;
  onEvent(event: FeedEvent, id: number): void;
  /** The line was lost (false) or is there again (true). */
  onLine(connected: boolean): void;
}

/**
 * Follows a feed to its final event, reconnecting after the last event received.
 * Throws a `Problem` when the server says that there is no such feed; returns early when `signal` aborts.
 */
export async function follow({ url, signal, onEvent, onLine }: Follow): Promise<void> {
  let last = 0;
  let pause = FIRST_PAUSE_MS;
  let done = false;
  const receive = (message: EventSourceMessage) => {
    const id = Number(message.id ?? 0);
    const event = JSON.parse(message.data) as FeedEvent;
    if (id > 0 && id <= last) return;
    last = Math.max(last, id);
    pause = FIRST_PAUSE_MS;
    done = isFinal(event);
    onEvent(event, id);
  };
  while (!done && !signal.aborted) {
    try {
      await readOnce(url, last, signal, receive, () => onLine(true));
    } catch (error) {
      if (error instanceof Problem && error.status < 500) throw error;
    }
    if (done || signal.aborted) return;
    onLine(false);
    await wait(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

async function readOnce(
  url: string,
  last: number,
  signal: AbortSignal,
  receive: (message: EventSourceMessage) => void,
  opened: () => void,
): Promise<void> {
  const line = new AbortController();
  const hangUp = () => line.abort();
  signal.addEventListener("abort", hangUp);
  let silence = setTimeout(hangUp, SILENCE_MS);
  try {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (last > 0) headers["Last-Event-ID"] = String(last);
    const response = await fetch(url, { headers, signal: line.signal, cache: "no-store" });
    if (!response.ok || !response.body) {
      throw tell(Problem.from(response.status, await response.json().catch(() => null)));
    }
    opened();
    const parser = createParser({ onEvent: receive });
    const decoder = new TextDecoder();
    for (const reader = response.body.getReader(); ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(hangUp, SILENCE_MS);
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", hangUp);
  }
}

/** A pause that ends early when the browser is online again, or nobody waits any more. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", over);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    globalThis.addEventListener?.("online", over);
    signal.addEventListener("abort", over);
  });
}
