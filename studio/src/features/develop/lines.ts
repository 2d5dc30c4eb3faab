// Lines to the server that stay open while a feed is followed. A browser opens six to one server and needs some for the rest.
const OPEN_AT_ONCE = 3;

interface Waiting {
  readonly signal: AbortSignal;
  begin(): void;
}

/** Follows feeds, a few at a time; the others wait, and whoever is let go while waiting is never begun. */
export function createLines(follow: (signal: AbortSignal) => (id: string) => Promise<void>) {
  const held = new Map<string, AbortController>();
  const waiting: Waiting[] = [];
  let open = 0;

  const next = () => {
    open -= 1;
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      if (!one.signal.aborted) return one.begin();
    }
  };
  return {
    /** Whether it is followed, or waits to be. */
    has: (id: string): boolean => held.has(id),
    /** `first` does not wait: it is what is looked at. */
    open(id: string, { first = false } = {}): void {
      const line = new AbortController();
      held.get(id)?.abort();
      held.set(id, line);
      const begin = () => {
        open += 1;
        void follow(line.signal)(id).finally(next);
      };
      if (first || open < OPEN_AT_ONCE) begin();
      else waiting.push({ signal: line.signal, begin });
    },
    /** Lets go of all of them. */
    close(): void {
      for (const line of held.values()) line.abort();
      held.clear();
    },
  };
}
