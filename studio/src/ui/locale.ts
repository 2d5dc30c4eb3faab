/** The language that numbers and dates are written in: that of the page. */
export const locale = (): string => document.documentElement.lang || "en";
