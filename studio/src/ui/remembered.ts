// What this browser remembers of the person's choices. A browser that may not remember forgets, and nothing breaks.

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`safelight.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`safelight.${key}`, value);
  } catch {
    // Storage is full or forbidden: the choice holds for this page only.
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(`safelight.${key}`);
  } catch {
    // There is nothing that could be forgotten.
  }
}
