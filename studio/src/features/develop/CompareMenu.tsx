import { Columns2 } from "lucide-react";
import { useDarkroom } from "@/features/develop/darkroom";
import { type Development, lastPosition } from "@/features/develop/development";
import { nameOf } from "@/features/develop/Rolls";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { Tip } from "@/ui/tip";

const words = strings.strip;

/** Compares what is looked at: with the newest, or with the end of another branch. */
export function CompareMenu({ development, last }: { development: Development; last: number }) {
  const { pin, against } = useDarkroom((room) => room.viewing);
  const look = useDarkroom((room) => room.look);
  const family = useDarkroom((room) => room.family);
  const others = family.filter((one) => one.id !== development.id && lastPosition(one, 0) > 0);
  const comparing = against !== null;
  if (pin === null && others.length === 0) return null;
  const toggle = (
    <Button
      kind="quiet"
      aria-pressed={comparing}
      className="px-2 sm:px-3"
      onClick={() => against && look({ to: "compare", ...against, last })}
    >
      <Columns2 aria-hidden />
      <span className="max-sm:sr-only">{comparing ? words.uncompare : words.compare}</span>
    </Button>
  );
  if (comparing) return toggle;
  if (others.length === 0) {
    return (
      <Tip text={words.compareTitle}>
        <Button
          kind="quiet"
          aria-pressed={false}
          className="px-2 sm:px-3"
          onClick={() => look({ to: "compare", position: last, last })}
        >
          <Columns2 aria-hidden />
          <span className="max-sm:sr-only">{words.compare}</span>
        </Button>
      </Tip>
    );
  }
  return (
    <Menu
      align="start"
      trigger={
        <Button kind="quiet" className="px-2 sm:px-3">
          <Columns2 aria-hidden />
          <span className="max-sm:sr-only">{words.compare}</span>
        </Button>
      }
    >
      {pin !== null && (
        <MenuItem onSelect={() => look({ to: "compare", position: last, last })}>{words.compareNewest}</MenuItem>
      )}
      {others.map((one) => (
        <MenuItem
          key={one.id}
          onSelect={() => look({ to: "compare", position: lastPosition(one, 0), of: one.id, last })}
        >
          <span className="truncate">{nameOf(one)}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}
