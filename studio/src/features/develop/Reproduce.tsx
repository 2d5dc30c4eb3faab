import { Repeat2 } from "lucide-react";
import { useState } from "react";
import { Problem } from "@/api/problem";
import { reproduce } from "@/api/stepping";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Tip } from "@/ui/tip";

const words = strings.reproduce;

/** Draws a generation again from its recipe, and says how far apart the two are. */
export function Reproduce({ id }: { id: string }) {
  const [asking, setAsking] = useState(false);
  const [verdict, setVerdict] = useState<string | null>(null);
  const ask = async () => {
    setAsking(true);
    setVerdict(null);
    try {
      const { verdict, detail } = await reproduce(id);
      setVerdict(verdict === "pending" ? words.pending : detail);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setVerdict([error.message, error.hint].filter(Boolean).join(" "));
    } finally {
      setAsking(false);
    }
  };
  return (
    <>
      <span role="status" className="max-w-80 text-end">
        {asking ? words.asking : verdict}
      </span>
      <Tip text={words.title}>
        <Button kind="quiet" aria-busy={asking} disabled={asking} onClick={() => void ask()} className="px-2 sm:px-3">
          <Repeat2 aria-hidden />
          <span className="max-sm:sr-only">{words.ask}</span>
        </Button>
      </Tip>
    </>
  );
}
