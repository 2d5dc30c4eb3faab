// Where things are on a strip. All strips of a tree share one grid of steps, so that what is shared lies under what it is.

/** Pixels at the right that belong to the finished print, and the gap before it. */
export const FINAL = { width: 56, gap: 8 };
export const WIDEST_STEP = 64;
/** From here on there is no room for lines between the steps. */
export const CROWDED = 80;

export const STEPS_WIDTH = `calc(100% - ${FINAL.width + FINAL.gap}px)`;

/** The place after so many of all steps, as a CSS length of the strip's full width. */
export const along = (steps: number, total: number): string =>
  `calc((100% - ${FINAL.width + FINAL.gap}px) * ${Math.max(0, steps) / Math.max(1, total)})`;

export const widest = (total: number): number => Math.max(1, total) * WIDEST_STEP + FINAL.width + FINAL.gap;
