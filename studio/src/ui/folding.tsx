import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { recall, remember } from "@/ui/remembered";

interface Props {
  title: string;
  /** Said beside the title: what is set in it, while it is closed too. */
  told?: string | undefined;
  /** Under this name the browser remembers whether it is open. */
  name: string;
  onOpen?: (open: boolean) => void;
  children: ReactNode;
}

/** A part of a column that opens and closes. What is in it exists only while it is open. */
export function Folding({ title, told, name, onOpen, children }: Props) {
  const key = `section.${name}`;
  const [open, setOpen] = useState(() => recall(key) === "open");
  const toggle = () => {
    remember(key, open ? "closed" : "open");
    setOpen(!open);
    onOpen?.(!open);
  };
  return (
    <section className="flex flex-col">
      <h3>
        <button
          type="button"
          aria-expanded={open}
          onClick={toggle}
          className="flex min-h-8 w-full items-center gap-2 rounded-control text-start text-small pointer-coarse:min-h-10"
        >
          <ChevronRight
            aria-hidden
            className={`size-3.5 shrink-0 text-pencil transition-transform duration-100 ${open ? "rotate-90" : "rtl:rotate-180"}`}
          />
          <span className="shrink-0">{title}</span>
          {told && <span className="ms-auto truncate text-pencil tabular-nums">{told}</span>}
        </button>
      </h3>
      {open && <div className="flex flex-col gap-3 pt-2 pb-1 animate-expose">{children}</div>}
    </section>
  );
}
