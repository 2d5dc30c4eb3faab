// Numbers, counts and lists as a language writes them.
/** What is there, or whatever stands for nothing. */
type Part = string | false | 0 | null | undefined;
type Counted = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

export interface Forms {
  /** With at most so many digits behind the point; 3 where it is not said. */
  number(value: number, most?: number): string;
  /** The form for a number, with the number in the place of `#`. */
  count(n: number, forms: Counted): string;
  /** `a, b and c`, without those that are not there. */
  list(parts: readonly Part[]): string;
  /** The same with commas alone. */
  row(parts: readonly Part[]): string;
  percent(whole: number): string;
  dollars(price: number): string;
  /** Seconds up to a minute and a half, then minutes. */
  span(seconds: number): string;
  /** Bytes by powers of two, as memory is counted. */
  memory(bytes: number): string;
}

const there = (parts: readonly Part[]): string[] => parts.filter((part): part is string => Boolean(part));

/** The forms of a language; `comma` is what stands between the parts of a row. */
export function formsOf(tag: string, comma = ", "): Forms {
  const rules = new Intl.PluralRules(tag);
  const lists = new Intl.ListFormat(tag, { type: "conjunction" });
  const number = (value: number, most = 3) => value.toLocaleString(tag, { maximumFractionDigits: most });
  const unit = (value: number, name: string) =>
    value.toLocaleString(tag, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 1 });
  return {
    number,
    count: (n, forms) => (forms[rules.select(n)] ?? forms.other).replace("#", number(n)),
    list: (parts) => lists.format(there(parts)),
    row: (parts) => there(parts).join(comma),
    percent: (whole) => (whole / 100).toLocaleString(tag, { style: "percent" }),
    dollars: (price) =>
      price.toLocaleString(tag, { style: "currency", currency: "USD", maximumFractionDigits: price < 0.1 ? 3 : 2 }),
    span: (seconds) =>
      seconds < 90 ? unit(Math.max(1, Math.round(seconds)), "second") : unit(Math.round(seconds / 60), "minute"),
    memory: (bytes) =>
      bytes >= 2 ** 30 ? unit(bytes / 2 ** 30, "gigabyte") : unit(Math.max(1, Math.round(bytes / 2 ** 20)), "megabyte"),
  };
}
