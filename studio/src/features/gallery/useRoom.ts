import { type RefObject, useEffect, useState } from "react";
import { type Layout, layout } from "@/features/gallery/layout";

/** How the pictures hang in an element that scrolls; drawn anew only when other rows come into sight. */
export function useLayout(element: RefObject<HTMLElement | null>, count: number, smallest: number): Layout {
  const [room, setRoom] = useState({ width: 0, height: 0, scroll: 0 });
  useEffect(() => {
    const it = element.current;
    if (it === null) return;
    let frame = 0;
    const measure = () => {
      frame = 0;
      const next = { width: contentWidth(it), height: it.clientHeight, scroll: it.scrollTop };
      setRoom((now) => (sameRows(now, next, count, smallest) ? now : next));
    };
    const soon = () => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    const observer = new ResizeObserver(soon);
    observer.observe(it);
    it.addEventListener("scroll", soon, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      it.removeEventListener("scroll", soon);
    };
  }, [element, count, smallest]);
  return layout({ ...room, count, smallest });
}

interface Seen {
  readonly width: number;
  readonly height: number;
  readonly scroll: number;
}

function contentWidth(it: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(it);
  return it.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
}

function sameRows(now: Seen, next: Seen, count: number, smallest: number): boolean {
  if (now.width !== next.width || now.height !== next.height) return false;
  const [one, other] = [now, next].map((room) => layout({ ...room, count, smallest }));
  return one?.first === other?.first && one?.end === other?.end;
}
