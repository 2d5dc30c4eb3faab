// Where the eye is: which print, which step. Pure; positions are 1 … total for steps, and total + 1 for the finished print.

/** A position of the generation in the tray, or (`of`) of another one of its family. */
export interface Spot {
  readonly position: number;
  readonly of: string | null;
}

export interface Viewing {
  readonly print: number;
  /** The position under the pointer. */
  readonly hover: number | null;
  /** The position that was pinned; null follows the newest. */
  readonly pin: number | null;
  /** A second pin, to compare the first with. */
  readonly against: Spot | null;
}

export const FOLLOWING: Viewing = { print: 0, hover: null, pin: null, against: null };

export type Look =
  | { readonly to: "print"; readonly print: number }
  | { readonly to: "hover"; readonly position: number | null }
  | { readonly to: "pin"; readonly position: number }
  | { readonly to: "compare"; readonly position: number; readonly of?: string | null; readonly last: number }
  | { readonly to: "drag"; readonly start: number; readonly position: number }
  | { readonly to: "move"; readonly by: number; readonly last: number }
  | { readonly to: "newest" };

/** The next view. `move` walks the pin from where the eye is, and lets go of it past the newest. */
export function look(view: Viewing, at: Look): Viewing {
  switch (at.to) {
    case "print":
      return { ...view, print: at.print };
    case "hover":
      return view.hover === at.position ? view : { ...view, hover: at.position };
    case "pin":
      return view.pin === at.position && view.against === null
        ? { ...view, pin: null }
        : { ...view, pin: at.position, against: null };
    case "compare":
      return compare(view, { position: at.position, of: at.of ?? null }, at.last);
    case "drag":
      return at.start === at.position
        ? { ...view, hover: null, pin: at.start, against: null }
        : { ...view, hover: null, pin: at.start, against: { position: at.position, of: null } };
    case "move": {
      const position = Math.max(1, (view.pin ?? at.last) + at.by);
      return { ...view, hover: null, against: null, pin: position >= at.last ? null : position };
    }
    case "newest":
      return { ...FOLLOWING, print: view.print };
  }
}

/** Without a pin, what is compared is the newest, so that comparing with another strip takes one click. */
function compare(view: Viewing, spot: Spot, last: number): Viewing {
  if (view.pin === null && spot.of === null) return { ...view, pin: spot.position };
  const again = same(view.against, spot) || (spot.of === null && spot.position === view.pin);
  return { ...view, pin: view.pin ?? last, against: again ? null : spot };
}

const same = (one: Spot | null, other: Spot): boolean => one?.position === other.position && one.of === other.of;

/** The position to show, of `last`, the newest there is. */
export const shown = (view: Viewing, last: number): number => Math.min(view.hover ?? view.pin ?? last, last);
