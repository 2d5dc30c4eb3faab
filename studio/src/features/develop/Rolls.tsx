import type { MouseEvent } from "react";
import { differenceOf } from "@/features/develop/acts";
import { Cell } from "@/features/develop/Cell";
import { useDarkroom } from "@/features/develop/darkroom";
import { type Development, lastPosition } from "@/features/develop/development";
import { along, CROWDED, widest } from "@/features/develop/measures";
import { Strip } from "@/features/develop/Strip";
import { type Branch, strips, treeOf } from "@/features/develop/tree";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";

const words = strings.branch;

/** All strips of a family: each branch under the one it left, tied to it at its step. */
export function Rolls({ development }: { development: Development }) {
  const family = useDarkroom((room) => room.family);
  const tree = treeOf(family);
  const several = strips(tree) > 1;
  return (
    <section
      aria-label={words.tree(strips(tree))}
      data-testid="tree"
      // Time runs to the right in every language, as on film.
      dir="ltr"
      className={cx("px-0.5", several && "max-h-[40dvh] overflow-y-auto pb-1")}
      style={{ maxWidth: widest(development.total) }}
    >
      {tree.map((branch) => (
        <Roll key={branch.development.id} branch={branch} held={development.id} later={[]} root />
      ))}
    </section>
  );
}

interface RollProps {
  branch: Branch;
  /** The one in the tray. */
  held: string;
  /** Branches of the same parent that come further down: their ties pass by. */
  later: readonly Branch[];
  root?: boolean;
}

function Roll({ branch, held, later, root = false }: RollProps) {
  const { development, from, branches } = branch;
  const inTray = development.id === held;
  return (
    <div className={cx("relative", !root && "pt-2")}>
      {later.map(({ development: { id, total }, from }) => (
        <span
          key={id}
          aria-hidden
          className="absolute inset-y-0 w-px bg-line"
          style={{ left: along(from - 1.5, total) }}
        />
      ))}
      {!root && <Tie from={from} total={development.total} tall={inTray} />}
      {inTray ? <Strip development={development} from={from} /> : <SideStrip branch={branch} />}
      {branches.map((one, n) => (
        <Roll key={one.development.id} branch={one} held={held} later={branches.slice(n + 1)} />
      ))}
    </div>
  );
}

/** From the last step that is shared down to the first that is not. */
function Tie({ from, total, tall }: { from: number; total: number; tall: boolean }) {
  return (
    <span
      aria-hidden
      className="absolute top-0 rounded-es-control border-b border-s border-pencil"
      style={{
        left: along(from - 1.5, total),
        width: from > 1 ? along(0.5, total) : 0,
        height: tall ? 56 : 24,
      }}
    />
  );
}

/** A strip that is not in the tray: a click puts it there, a shift-click compares its end. */
function SideStrip({ branch: { development, from } }: { branch: Branch }) {
  const hold = useDarkroom((room) => room.hold);
  const look = useDarkroom((room) => room.look);
  const held = useDarkroom((room) => room.development);
  const print = development.prints[0];
  const total = Math.max(development.total, 1);
  if (print === undefined) return null;
  const name = nameOf(development);
  const press = (event: MouseEvent) => {
    const last = held ? lastPosition(held, 0) : 0;
    const its = lastPosition(development, 0);
    if (event.shiftKey && its > 0) look({ to: "compare", position: its, of: development.id, last });
    else hold(development.id);
  };
  return (
    <button
      type="button"
      data-testid="side-strip"
      aria-label={words.hold(name, strings.phases[development.phase])}
      onClick={press}
      className="group relative block w-full rounded-print text-start"
    >
      {from > 4 && (
        <span
          className="absolute inset-y-0 start-0 flex items-center justify-end truncate pe-3 text-small text-pencil group-hover:text-paper"
          style={{ width: along(from - 1.6, total) }}
        >
          <span className="truncate">{name}</span>
        </span>
      )}
      <span
        className={cx(
          "flex opacity-70 transition-opacity duration-100 group-hover:opacity-100 group-focus-visible:opacity-100",
          total < CROWDED && "gap-px",
        )}
        style={{ marginLeft: along(from - 1, total) }}
      >
        {Array.from({ length: total + 2 - from }, (_, n) => (
          <Cell key={n} position={from + n} first={n === 0} development={development} print={print} small />
        ))}
      </span>
    </button>
  );
}

/** What to call a branch: by what is different on it. */
export function nameOf(development: Development): string {
  if (development.branchOf === null) return words.first(development.recipe.prompt);
  const { prompt, guidance, noise } = differenceOf(development);
  const where = noise && (noise.pattern ? strings.noise.patterns[noise.pattern] : strings.noise.painted);
  return words.name(prompt, guidance, where);
}
