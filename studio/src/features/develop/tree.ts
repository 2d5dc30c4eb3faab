// A generation and all that branched off from it, or with it, as a tree of strips. Pure.
import { type Development, frameAt, type Print } from "@/features/develop/development";

/** One strip of the tree. */
export interface Branch {
  readonly development: Development;
  /** The first step that it does not share with its parent; 1 for the root. */
  readonly from: number;
  /** Those that branched off from it: the latest first, so that no line crosses a strip. */
  readonly branches: readonly Branch[];
}

/** The strips of a family, from those whose parent is not in it. Two that left at the same step stay in their order. */
export function treeOf(family: readonly Development[]): readonly Branch[] {
  const ids = new Set(family.map(({ id }) => id));
  const grow = (development: Development): Branch => ({
    development,
    from: ids.has(parentOf(development)) ? (development.branchOf?.step ?? 1) : 1,
    branches: family
      .filter((one) => parentOf(one) === development.id)
      .map(grow)
      .sort((a, b) => b.from - a.from),
  });
  return family.filter((one) => !ids.has(parentOf(one))).map(grow);
}

const parentOf = ({ branchOf }: Development): string => branchOf?.generation ?? "";

/** How many strips a tree has. */
export const strips = (tree: readonly Branch[]): number =>
  tree.reduce((sum, { branches }) => sum + 1 + strips(branches), 0);

interface Place {
  readonly development: Development;
  readonly print: number;
  readonly position: number;
}

/** Where the picture at a position is: what a branch shares with its parent is looked for there. Null where nothing is kept. */
export function sourceAt(family: readonly Development[], { development, print, position }: Place): string | null {
  const here: Print | undefined = development.prints[print];
  if (here === undefined) return null;
  if (position > development.total && here.picture) return here.picture.url;
  const { branchOf } = development;
  const own = frameAt(here, position);
  if (branchOf === null || (own && own.step >= branchOf.step)) return own?.frame?.url ?? null;
  const parent = family.find(({ id }) => id === branchOf.generation);
  const before = Math.min(position, branchOf.step - 1);
  const shared = parent && sourceAt(family, { development: parent, print: branchOf.picture, position: before });
  return shared ?? own?.frame?.url ?? null;
}

/** The branches one may go to from one: its parent, those off it, and those beside it, from top to bottom. */
export function inOrder(tree: readonly Branch[]): readonly Development[] {
  return tree.flatMap(({ development, branches }) => [development, ...inOrder(branches)]);
}
