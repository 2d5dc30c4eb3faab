// Which pictures are chosen, and where the eye is.

export interface Selection {
  readonly chosen: ReadonlySet<string>;
  /** The picture the keys are about, by its id. */
  readonly at: string | null;
  /** Where a range begins. */
  readonly anchor: string | null;
}

export const NOTHING: Selection = { chosen: new Set(), at: null, anchor: null };

export const movedTo = (selection: Selection, id: string): Selection => ({ ...selection, at: id });

export function toggled({ chosen }: Selection, id: string): Selection {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return { chosen: next, at: id, anchor: id };
}

/** With everything from the anchor to `id` chosen. */
export function extendedTo(selection: Selection, ids: readonly string[], id: string): Selection {
  const anchor = selection.anchor ?? selection.at ?? id;
  const [from, to] = [ids.indexOf(anchor), ids.indexOf(id)];
  if (from < 0 || to < 0) return toggled(selection, id);
  const range = ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { chosen: new Set([...selection.chosen, ...range]), at: id, anchor };
}

export const all = (selection: Selection, ids: readonly string[]): Selection => ({
  ...selection,
  chosen: new Set(ids),
});

export const none = (selection: Selection): Selection => ({ ...selection, chosen: new Set(), anchor: null });

/** Without what is not there any more; the eye goes to the neighbour. */
export function kept(selection: Selection, before: readonly string[], after: readonly string[]): Selection {
  const there = new Set(after);
  const chosen = new Set([...selection.chosen].filter((id) => there.has(id)));
  if (selection.at === null || there.has(selection.at)) return { ...selection, chosen };
  const was = before.indexOf(selection.at);
  return { chosen, at: after[Math.min(was, after.length - 1)] ?? null, anchor: null };
}
