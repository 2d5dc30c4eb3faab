import { strings } from "@/strings";
import { Dialog } from "@/ui/dialog";

const words = strings.keys;

export interface KeyGroup {
  readonly title: string;
  readonly keys: readonly { readonly keys: readonly string[]; readonly does: string }[];
}

interface Props {
  open: boolean;
  onOpenChange(open: boolean): void;
  groups: readonly KeyGroup[];
}

export function KeysDialog({ open, onOpenChange, groups }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={words.title} closeLabel={words.close} className="max-w-md">
      <div className="flex flex-col gap-6 px-6 pb-6 text-small">
        {groups.map((group) => (
          <section key={group.title}>
            <h3 className="pb-2 text-pencil">{group.title}</h3>
            <dl className="grid grid-cols-[minmax(5rem,auto)_1fr] gap-x-6 gap-y-2">
              {group.keys.map(({ keys, does }) => (
                <div key={does} className="contents">
                  <dt className="flex items-start gap-1">
                    {keys.map((key) => (
                      <kbd key={key} className="min-w-6 rounded-[4px] bg-raised px-1.5 text-center font-sans">
                        {key}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
