// What follows the question mark of an address, as a person would write it: `?q=red dragon&tag=a&tag=b`.

export type Search = Readonly<Record<string, string | readonly string[] | undefined>>;

export function parseSearch(text: string): Record<string, string | string[]> {
  const read: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = read[name];
    if (before === undefined) read[name] = value;
    else read[name] = [...(Array.isArray(before) ? before : [before]), value];
  }
  return read;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const terms = Object.entries(search).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((term) => term !== undefined && term !== null && term !== "")
      .map((term) => [name, String(term)]),
  );
  return terms.length ? `?${new URLSearchParams(terms)}` : "";
}

export const one = (value: unknown): string | undefined => {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" && first !== "" ? first : undefined;
};
