// What is looked for, as a value that is written into the address and asked of the server.
import type { Terms } from "@/api/gallery";

export interface Wanted {
  readonly q?: string;
  readonly folder?: string;
  readonly tag?: readonly string[];
  readonly favourite?: "true";
  readonly trash?: "true";
  readonly model?: string;
  readonly origin?: string;
  readonly from?: string;
  readonly to?: string;
  readonly sort?: "oldest";
}

const text = (value: unknown): string | undefined => {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" && first.trim() !== "" ? first : undefined;
};
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const day = (value: unknown): string | undefined => {
  const said = text(value);
  return said && DAY.test(said) ? said : undefined;
};

/** Reads it from an address; what makes no sense there is left out. */
export function toWanted(search: Readonly<Record<string, unknown>>): Wanted {
  const tags = (Array.isArray(search.tag) ? search.tag : [search.tag]).flatMap((tag) => text(tag) ?? []);
  return without({
    q: text(search.q),
    folder: text(search.folder),
    tag: tags.length ? tags : undefined,
    favourite: search.favourite === "true" ? "true" : undefined,
    trash: search.trash === "true" ? "true" : undefined,
    model: text(search.model),
    origin: text(search.origin),
    from: day(search.from),
    to: day(search.to),
    sort: search.sort === "oldest" ? "oldest" : undefined,
  });
}

/** What the server is asked. Days are the person's own: the last one is meant as a whole. */
export function toTerms(wanted: Wanted): Terms {
  return without({
    ...wanted,
    from: wanted.from && midnight(wanted.from, 0),
    to: wanted.to && midnight(wanted.to, 1),
  });
}

/** Whether something is asked for besides the order. */
export const isNarrow = ({ sort: _, ...rest }: Wanted): boolean => Object.keys(rest).length > 0;

export const sameWanted = (one: Wanted, other: Wanted): boolean => JSON.stringify(one) === JSON.stringify(other);

export const withTag = (wanted: Wanted, tag: string): Wanted => {
  const tags = wanted.tag ?? [];
  const next = tags.includes(tag) ? tags.filter((one) => one !== tag) : [...tags, tag];
  const { tag: _, ...rest } = wanted;
  return next.length ? { ...rest, tag: next } : rest;
};

function midnight(date: string, later: number): string {
  const [year = 1970, month = 1, of = 1] = date.split("-").map(Number);
  return new Date(year, month - 1, of + later).toISOString();
}

type Known<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function without<Fields extends object>(fields: Fields): Known<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<Fields>;
}
