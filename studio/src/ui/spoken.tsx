import { Direction } from "radix-ui";
import { Fragment, type ReactNode } from "react";
import { useTongue } from "@/words/speaking";

/** What is under it says everything anew when another language is spoken. What is kept beside the page stays: nothing is loaded again. */
export function Spoken({ children }: { children: ReactNode }) {
  const tongue = useTongue();
  return (
    <Direction.Provider dir={document.documentElement.dir === "rtl" ? "rtl" : "ltr"}>
      <Fragment key={tongue}>{children}</Fragment>
    </Direction.Provider>
  );
}
