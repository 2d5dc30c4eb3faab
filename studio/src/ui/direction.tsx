// Which way the page is read.
import { Direction } from "radix-ui";
import type { ReactNode } from "react";

/** For what lies on a picture or runs along its steps, which do not turn round with the language. */
export function LeftToRight({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <Direction.Provider dir="ltr">
      <div dir="ltr" className={className}>
        {children}
      </div>
    </Direction.Provider>
  );
}

const OPPOSITE: Readonly<Record<string, string>> = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };

/** The key that means the same on a page that is read from the left. */
export const mirrored = (key: string): string =>
  document.documentElement.dir === "rtl" ? (OPPOSITE[key] ?? key) : key;
