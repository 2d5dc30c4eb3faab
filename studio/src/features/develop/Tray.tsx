import { type CSSProperties, type ReactNode, useState } from "react";
import { useDarkroom } from "@/features/develop/darkroom";
import { type Development, lastPosition, previewAt } from "@/features/develop/development";
import { Exposure } from "@/features/develop/Exposure";
import { Message } from "@/features/develop/Message";
import { sourceAt } from "@/features/develop/tree";
import { type Spot, shown, type Viewing } from "@/features/develop/viewing";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";

const words = strings.print;

/** Lets prints of one shape be as large as the space allows, in columns and rows. */
function columnsFor(count: number): number {
  if (count <= 3) return count;
  return count === 4 ? 2 : Math.ceil(Math.sqrt(count));
}

/** The tray: an area that shows sheets of one shape as large as they fit. */
export function Tray({ ratio, count, children }: { ratio: number; count: number; children: ReactNode }) {
  const columns = columnsFor(count);
  const rows = Math.ceil(count / columns);
  const style = {
    "--ratio": ratio,
    "--side": `min((100cqw - ${(columns - 1) * 12}px) / ${columns}, (100cqh - ${(rows - 1) * 12}px) / ${rows} * ${ratio})`,
    gridTemplateColumns: `repeat(${columns}, var(--side))`,
  } as CSSProperties;
  return (
    <div className="@container-size size-full">
      <div className="isolate grid size-full place-content-center gap-3" style={style}>
        {children}
      </div>
    </div>
  );
}

/** One sheet in the tray, lit by the lamp while it develops; or the empty place under the lamp. */
export function Sheet({
  lit = false,
  under = false,
  children,
}: {
  lit?: boolean;
  under?: boolean;
  children: ReactNode;
}) {
  return (
    <div
      className={cx(
        "relative aspect-(--ratio) w-(--side) rounded-print bg-sheet",
        // The light lies behind all sheets, or one sheet's would fall on the next.
        "before:absolute before:inset-0 before:-z-10 before:rounded-print before:transition-shadow before:duration-700",
        lit && "before:shadow-[0_0_96px_8px_var(--glow)]",
        under && "lamplight",
      )}
    >
      {children}
    </div>
  );
}

interface PrintsProps {
  development: Development;
  /** What lies over the print that is chosen: grain, or something to paint on. */
  over?: ReactNode;
}

/** The prints of a generation, at the step that is looked at. */
export function Prints({ development, over }: PrintsProps) {
  const viewing = useDarkroom((room) => room.viewing);
  const look = useDarkroom((room) => room.look);
  const { prints, recipe, phase } = development;
  const several = prints.length > 1;
  const chosen = Math.min(viewing.print, prints.length - 1);
  return (
    <Tray ratio={(recipe.width ?? 1) / (recipe.height ?? 1)} count={prints.length}>
      {prints.map((_, n) => (
        <Sheet key={`${development.id}-${n}`} lit={phase === "running"}>
          <PrintAt development={development} number={n} viewing={viewing} />
          {several && (
            <button
              type="button"
              aria-pressed={chosen === n}
              aria-label={words.select(n + 1, prints.length)}
              onClick={() => look({ to: "print", print: n })}
              className="absolute inset-0 rounded-print aria-pressed:shadow-[0_0_0_2px_var(--paper)]"
            />
          )}
          {chosen === n && over}
        </Sheet>
      ))}
    </Tray>
  );
}

interface PrintProps {
  development: Development;
  number: number;
  viewing: Viewing;
}

function PrintAt({ development, number, viewing }: PrintProps) {
  const family = useDarkroom((room) => room.family);
  const last = lastPosition(development, number);
  const position = shown(viewing, last);
  const against = viewing.hover === null ? viewing.against : null;
  const alt = (at: number) =>
    words.alt(development.recipe.prompt, at > development.total ? words.finished : words.atStep(at));
  const [share, setShare] = useState(50);
  const preview = previewAt(development, number, position);
  const source = preview === "placeholder" ? null : sourceAt(family, { development, print: number, position });
  return (
    <div
      data-testid="print"
      data-position={position}
      data-preview={preview}
      className={cx("absolute inset-0 overflow-hidden rounded-print", source && "checkerboard")}
    >
      <Exposure src={source} alt={alt(position)} />
      {preview !== null && preview !== "denoise" && <Label preview={preview} />}
      {against !== null && (
        <>
          <div className="absolute inset-0 checkerboard" style={{ clipPath: `inset(0 0 0 ${share}%)` }}>
            <Exposure src={other(family, development, number, against)} alt={alt(against.position)} />
          </div>
          <Divider share={share} onChange={setShare} />
        </>
      )}
    </div>
  );
}

/** What is seen of a picture that a service draws is not its noise going away, and says so. */
function Label({ preview }: { preview: "provider_partial" | "placeholder" }) {
  if (preview === "placeholder") {
    return <Message title={strings.previewed.placeholder} body={strings.previewed.placeholderBody} />;
  }
  return (
    <span className="absolute bottom-2 start-2 rounded-control bg-room/85 px-2 text-small text-paper">
      {strings.previewed.provider_partial}
    </span>
  );
}

/** What is compared with: of the same print, or of the one print of another branch. */
function other(family: readonly Development[], development: Development, number: number, { of, position }: Spot) {
  const beside = of === null ? undefined : family.find(({ id }) => id === of);
  const [its, print] = beside ? [beside, 0] : [development, number];
  return sourceAt(family, { development: its, print, position: Math.min(position, lastPosition(its, print)) });
}

function Divider({ share, onChange }: { share: number; onChange(share: number): void }) {
  return (
    <>
      <input
        type="range"
        dir="ltr"
        min={0}
        max={100}
        value={share}
        onChange={(event) => onChange(Number(event.target.value))}
        aria-label={words.compare}
        aria-valuetext={words.compareValue(share)}
        className="peer absolute inset-0 z-10 size-full cursor-ew-resize opacity-0"
      />
      <div
        aria-hidden
        className="pointer-events-none absolute inset-y-0 w-0.5 -translate-x-1/2 bg-paper shadow-float outline-safe peer-focus-visible:outline-2"
        style={{ left: `${share}%` }}
      >
        <span className="absolute top-1/2 left-1/2 size-6 -translate-1/2 rounded-full bg-paper" />
      </div>
    </>
  );
}
