import { useEffect, useState } from "react";
import { cx } from "@/ui/classes";

interface Props {
  src: string | null;
  alt: string;
  className?: string;
}

/** A picture that cross-fades into its next one, once that one can be painted. The latest wins. */
export function Exposure({ src, alt, className }: Props) {
  const [layers, setLayers] = useState<readonly string[]>([]);
  useEffect(() => {
    if (src === null) return setLayers([]);
    let wanted = true;
    const image = new Image();
    image.src = src;
    image.decode().then(
      () =>
        wanted && setLayers((now) => (now.at(-1) === src ? now : [...now.filter((it) => it !== src).slice(-1), src])),
      () => undefined, // A frame that is no longer kept: the one before it stays.
    );
    return () => {
      wanted = false;
    };
  }, [src]);

  return (
    <div className={cx("exposures absolute inset-0", className)}>
      {layers.map((layer, n) => (
        <img
          key={layer}
          src={layer}
          alt={n === layers.length - 1 ? alt : ""}
          aria-hidden={n < layers.length - 1}
          draggable={false}
          className={cx("absolute inset-0 size-full", n < layers.length - 1 ? "animate-cover" : "animate-expose")}
        />
      ))}
    </div>
  );
}
