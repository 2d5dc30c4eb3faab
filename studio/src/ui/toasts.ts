import { createStore } from "zustand/vanilla";

export interface Toast {
  readonly id: number;
  readonly text: string;
  /** What may be done about it, for as long as it is shown. */
  readonly action?: { readonly label: string; act(): void };
  /** Until it is dismissed, or done. */
  readonly stays?: boolean;
  /** A fault, spoken at once. */
  readonly wrong?: boolean;
}

const SHOWN_MS = 8_000;
const MOST = 3;
let next = 1;

export const toasts = createStore<{ readonly shown: readonly Toast[] }>(() => ({ shown: [] }));

/** Shows a sentence for a while. */
export function toast(text: string, more: Omit<Toast, "id" | "text"> = {}): void {
  const id = next++;
  toasts.setState(({ shown }) => ({ shown: [...shown, { id, text, ...more }].slice(-MOST) }));
  if (!more.stays) setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.setState(({ shown }) => ({ shown: shown.filter((one) => one.id !== id) }));
}
