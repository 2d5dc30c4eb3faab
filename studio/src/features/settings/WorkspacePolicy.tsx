import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { type Category, getWorkspaceSettings, setWorkspaceSettings, type WorkspaceSettings } from "@/api/privacy";
import { useAct } from "@/api/useAct";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { NumberField } from "@/ui/number";
import { Section } from "@/ui/section";
import { toast } from "@/ui/toasts";

const words = strings.policy;
const CATEGORIES = Object.keys(strings.moderation.categories) as Category[];
const KINDS = Object.keys(words.retention) as (keyof typeof words.retention)[];
const LONGEST_DAYS = 36_500;

/** What a workspace wants to be different: how long things are kept, what is refused, whether its people are counted. */
export function WorkspacePolicy({ workspace }: { workspace: string }) {
  const { data } = useQuery({
    queryKey: ["workspace-settings", workspace],
    queryFn: ({ signal }) => getWorkspaceSettings(workspace, signal),
  });
  return (
    <Section title={words.title(workspace)} body={words.body}>
      {data && <Form key={JSON.stringify(data)} workspace={workspace} kept={data} />}
    </Section>
  );
}

function Form({ workspace, kept }: { workspace: string; kept: WorkspaceSettings }) {
  const [wish, setWish] = useState(kept);
  const { mutate, isPending } = useAct((next: WorkspaceSettings) => setWorkspaceSettings(workspace, next), {
    lists: ["workspace-settings"],
    onDone: () => toast(words.saved),
  });
  return (
    <form
      className="flex flex-col gap-8"
      onSubmit={(event) => {
        event.preventDefault();
        mutate(wish);
      }}
    >
      <fieldset className="flex flex-col gap-3">
        <legend className="mb-3 text-small font-medium">{words.kept}</legend>
        <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
          {KINDS.map((kind) => (
            <Amount
              key={kind}
              label={words.retention[kind]}
              value={wish.retention[kind]}
              most={LONGEST_DAYS}
              onChange={(days) => setWish({ ...wish, retention: { ...wish.retention, [kind]: days } })}
            />
          ))}
        </div>
      </fieldset>
      <Thresholds wish={wish} onChange={setWish} />
      <label className="flex items-center gap-3 text-small">
        <input
          type="checkbox"
          checked={wish.analytics}
          onChange={(event) => setWish({ ...wish, analytics: event.target.checked })}
          className="size-4 accent-pencil"
        />
        {words.analytics}
      </label>
      <Button type="submit" className="self-start" disabled={isPending || wish === kept}>
        {words.save}
      </Button>
    </form>
  );
}

interface ThresholdsProps {
  wish: WorkspaceSettings;
  onChange(wish: WorkspaceSettings): void;
}

/** One row a category, one column a kind of thing. */
function Thresholds({ wish, onChange }: ThresholdsProps) {
  const { moderation } = wish;
  const set = (kind: "texts" | "pictures", category: Category, score: number | null) => {
    const { [category]: _, ...others } = moderation[kind];
    const next = score === null ? others : { ...others, [category]: score };
    onChange({ ...wish, moderation: { ...moderation, [kind]: next } });
  };
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="text-small font-medium">{words.thresholds}</legend>
      <p className="max-w-prose text-small text-pencil">{words.thresholdsHint}</p>
      <div className="grid max-w-md grid-cols-[minmax(0,1fr)_6rem_6rem] items-center gap-x-4 gap-y-2 text-small">
        <span />
        <span className="text-pencil">{words.texts}</span>
        <span className="text-pencil">{words.pictures}</span>
        {CATEGORIES.map((category) => (
          <div key={category} className="contents">
            <span className="first-letter:uppercase">{strings.moderation.categories[category]}</span>
            {(["texts", "pictures"] as const).map((kind) => (
              <NumberField
                key={kind}
                aria-label={words.of(strings.moderation.categories[category], words[kind])}
                value={moderation[kind][category] ?? null}
                min={0}
                max={2}
                whole={false}
                onChange={(score) => set(kind, category, score)}
              />
            ))}
          </div>
        ))}
      </div>
    </fieldset>
  );
}

interface AmountProps {
  label: string;
  value: number | null;
  most: number;
  onChange(value: number | null): void;
}

function Amount({ label, value, most, onChange }: AmountProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-small text-pencil">
        {label}
      </label>
      <NumberField id={id} value={value} min={0} max={most} whole={false} onChange={onChange} />
    </div>
  );
}
