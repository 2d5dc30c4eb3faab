// Numbers of use as people read them. Pure.
import { strings } from "@/strings";
import { locale } from "@/ui/locale";

const words = strings.usage;

const rounded = (value: number): string =>
  value.toLocaleString(locale(), { maximumFractionDigits: value < 10 ? 1 : 0 });

/** Seconds, in the unit that keeps the number short. */
export function duration(seconds: number): string {
  if (seconds < 100) return words.seconds(rounded(seconds));
  return seconds < 6000 ? words.minutes(rounded(seconds / 60)) : words.hours(rounded(seconds / 3600));
}

export const money = (usd: number): string =>
  usd.toLocaleString(locale(), {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: 2,
    maximumFractionDigits: usd > 0 && usd < 0.1 ? 3 : 2,
  });

/** A day of UTC, such as "3 Nov". */
export const dayOf = (day: string): string =>
  new Date(`${day}T12:00:00Z`).toLocaleDateString(locale(), { day: "numeric", month: "short", timeZone: "UTC" });

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below a value: where an axis ends. */
export function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((one) => one * power >= value) ?? 10) * power;
}
