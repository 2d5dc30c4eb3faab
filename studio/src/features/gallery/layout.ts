// Where the pictures of a grid hang, by arithmetic: only those in sight are drawn, however many there are.

export const GAP = 8;

export interface Room {
  readonly width: number;
  readonly height: number;
  readonly scroll: number;
  readonly count: number;
  /** The least a picture may measure. */
  readonly smallest: number;
}

export interface Layout {
  readonly columns: number;
  /** Of a picture; they are square. */
  readonly side: number;
  readonly total: number;
  readonly rows: number;
  /** The pictures to draw: from `first` up to, and without, `end`. */
  readonly first: number;
  readonly end: number;
}

/** Rows drawn before and after those in sight, so that a quick hand does not outrun the drawing. */
const SPARE = 3;

export function layout({ width, height, scroll, count, smallest }: Room): Layout {
  const columns = Math.max(2, Math.floor((width + GAP) / (smallest + GAP)));
  const side = Math.max(0, (width - GAP * (columns - 1)) / columns);
  const pitch = side + GAP;
  const rows = Math.ceil(count / columns);
  const top = Math.max(0, Math.floor(scroll / pitch) - SPARE);
  const bottom = Math.min(rows, Math.ceil((scroll + height) / pitch) + SPARE);
  return {
    columns,
    side,
    rows,
    total: Math.max(0, rows * pitch - GAP),
    first: Math.min(count, top * columns),
    end: Math.min(count, bottom * columns),
  };
}

export const placeOf = ({ columns, side }: Layout, index: number): { readonly x: number; readonly y: number } => ({
  x: (index % columns) * (side + GAP),
  y: Math.floor(index / columns) * (side + GAP),
});

/** How far to scroll so that a picture is wholly in sight, from `scroll`; the same where it is. */
export function scrollTo(of: Layout, index: number, scroll: number, height: number): number {
  const { y } = placeOf(of, index);
  if (y < scroll) return y;
  return y + of.side > scroll + height ? y + of.side - height : scroll;
}

/** Where a key leads from a picture; null where it leads nowhere. */
export function stepFrom(index: number, key: string, { columns }: Layout, page: number, count: number): number | null {
  const by: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * page,
    PageDown: columns * page,
    Home: -index,
    End: count - 1 - index,
  };
  const step = by[key];
  if (step === undefined || count === 0) return null;
  const far = key.startsWith("Page");
  const to = index + step;
  return far ? Math.max(0, Math.min(count - 1, to)) : to < 0 || to >= count ? index : to;
}
