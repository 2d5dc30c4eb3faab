import { X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { Acting } from "@/features/develop/acts";
import { actStep, branchStep } from "@/features/develop/acts";
import { DirectionForm } from "@/features/develop/DirectionForm";
import { useDarkroom } from "@/features/develop/darkroom";
import type { Development } from "@/features/develop/development";
import { InjectForm } from "@/features/develop/InjectForm";
import { along, widest } from "@/features/develop/measures";
import type { Noise } from "@/features/develop/useNoise";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";

const words = strings.acts;

interface Props {
  development: Development;
  acting: Acting;
  noise: Noise;
}

/** Where an act is thought over: under the strip, pointing at its step. The print above stays in sight. */
export default function ActTray({ development, acting, noise }: Props) {
  const putAside = useDarkroom((room) => room.putAside);
  const refusal = useDarkroom((room) => room.refusal);
  const step = actStep(acting, development);
  const title = { steer: words.steerFrom(step), inject: words.injectAfter(step), branch: words.branchFrom(step) };
  return (
    <Panel
      key={acting.act}
      title={title[acting.act]}
      held={acting.held}
      onClose={putAside}
      notch={along(step - 0.5, development.total)}
      width={widest(development.total)}
    >
      {acting.act === "inject" ? (
        <InjectForm development={development} noise={noise} step={step} />
      ) : (
        <DirectionForm
          development={development}
          noise={noise}
          step={acting.act === "branch" ? branchStep(step, development.total) : step}
          branches={acting.act === "branch"}
        />
      )}
      {refusal && (
        <p role="alert" className="text-small">
          <strong className="font-semibold">{refusal.message}</strong>{" "}
          <span className="text-pencil">{refusal.hint}</span>
        </p>
      )}
    </Panel>
  );
}

interface PanelProps {
  title: string;
  held: boolean;
  onClose(): void;
  /** Where on the strip it points, and the strip's own width. */
  notch: string;
  width: number;
  children: ReactNode;
}

function Panel({ title, held, onClose, notch, width, children }: PanelProps) {
  const panel = useRef<HTMLElement>(null);
  const cameFrom = useRef<Element | null>(null);
  useEffect(() => {
    cameFrom.current = document.activeElement;
    panel.current?.querySelector<HTMLElement>("textarea, [role=radio][aria-checked=true]")?.focus();
    panel.current?.scrollIntoView({ block: "nearest" });
    const back = cameFrom.current;
    return () => {
      if (back instanceof HTMLElement && back.isConnected) back.focus();
    };
  }, []);
  return (
    <section
      ref={panel}
      aria-label={title}
      data-testid="act-tray"
      className="relative rounded-control bg-tray p-4 pt-3 animate-appear"
    >
      <div aria-hidden className="absolute inset-x-0 -top-1.5" style={{ maxWidth: width }}>
        <span className="absolute size-3 -translate-x-1/2 rotate-45 bg-tray" style={{ left: notch }} />
      </div>
      <header className="mb-2 flex items-center gap-3">
        <h2 className="font-semibold tabular-nums">{title}</h2>
        {held && <p className="text-small text-pencil max-sm:sr-only">{words.held}</p>}
        <IconButton label={words.close} onClick={onClose} className="ms-auto -my-1 -me-2">
          <X aria-hidden />
        </IconButton>
      </header>
      <div className="flex flex-col gap-3">{children}</div>
    </section>
  );
}
