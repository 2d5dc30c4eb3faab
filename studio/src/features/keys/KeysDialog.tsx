import { strings } from "@/strings";
import { Dialog } from "@/ui/dialog";

const words = strings.keys;

export function KeysDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={words.title} closeLabel={words.close} className="max-w-md">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 px-6 pb-6 text-small">
        {words.groups.map(({ keys, does }) => (
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
    </Dialog>
  );
}
