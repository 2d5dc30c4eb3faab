import { useDarkroom } from "@/features/develop/darkroom";
import { type Development, lastPosition, lastStep } from "@/features/develop/development";
import { sourceAt } from "@/features/develop/tree";
import { shown } from "@/features/develop/viewing";
import { strings } from "@/strings";
import { Dialog } from "@/ui/dialog";

const words = strings.sheet;

interface Props {
  development: Development;
  open: boolean;
  onOpenChange(open: boolean): void;
}

/** Every step at once, large enough to choose from. */
export function ContactSheet({ development, open, onOpenChange }: Props) {
  const family = useDarkroom((room) => room.family);
  const viewing = useDarkroom((room) => room.viewing);
  const look = useDarkroom((room) => room.look);
  const { recipe, total, prints } = development;
  const last = lastPosition(development, viewing.print);
  // What was left out at the end has no frames.
  const positions = Array.from({ length: last }, (_, n) => n + 1).filter(
    (n) => n <= lastStep(development) || n > total,
  );
  const steps = prints[viewing.print]?.steps ?? [];
  const choose = (position: number) => {
    look({ to: "pin", position });
    onOpenChange(false);
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={words.title} closeLabel={words.close} className="max-w-5xl">
      <ol className="grid grid-cols-[repeat(auto-fill,minmax(6.5rem,1fr))] gap-3 px-6 pb-6">
        {positions.map((position) => {
          const source = sourceAt(family, { development, print: viewing.print, position });
          const name = position > total ? strings.strip.finished : strings.strip.step(position, total);
          return (
            <li key={position}>
              <button
                type="button"
                aria-current={position === shown(viewing, last)}
                aria-label={words.look(name)}
                onClick={() => choose(position)}
                className="block w-full rounded-print text-start aria-current:shadow-[0_0_0_2px_var(--paper)]"
              >
                <span
                  className="block w-full overflow-hidden rounded-print checkerboard"
                  style={{ aspectRatio: (recipe.width ?? 1) / (recipe.height ?? 1) }}
                >
                  {source && <img src={source} alt="" loading="lazy" className="size-full object-cover" />}
                </span>
                <span className="flex justify-between gap-2 p-1 text-small text-pencil tabular-nums">
                  <span className="text-paper">{position > total ? words.final : position}</span>
                  {steps[position - 1] && <span>σ {steps[position - 1]?.sigma.toPrecision(2)}</span>}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </Dialog>
  );
}
