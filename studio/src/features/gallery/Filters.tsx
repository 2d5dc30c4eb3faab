import { useQuery } from "@tanstack/react-query";
import { Folder, Heart, Images, Tag, Trash2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { getFolders, getTags } from "@/api/gallery";
import type { Counted, Origin } from "@/api/types";
import { type Wanted, withTag } from "@/features/gallery/wanted";
import { strings } from "@/strings";
import { cx } from "@/ui/classes";
import { Labelled, TextField } from "@/ui/field";
import { Select } from "@/ui/select";

const words = strings.gallery;
const ANY = "*";

interface Props {
  wanted: Wanted;
  models: readonly { readonly id: string; readonly name: string }[];
  onWanted(wanted: Wanted): void;
}

/** What of the gallery is shown: all, favourites, trash; folders, tags; and what made it when. */
export function Filters({ wanted, models, onWanted }: Props) {
  const folders = useQuery({ queryKey: ["folders"], queryFn: ({ signal }) => getFolders(signal) });
  const tags = useQuery({ queryKey: ["tags"], queryFn: ({ signal }) => getTags(signal) });
  const show = (next: Wanted) => onWanted({ ...(wanted.q ? { q: wanted.q } : {}), ...next });
  const plain = !wanted.favourite && !wanted.trash && !wanted.folder;
  return (
    <div className="flex flex-col gap-6 text-small">
      <Group title={words.show.title}>
        <Line icon={<Images />} name={words.show.all} on={plain} onClick={() => show({})} />
        <Line
          icon={<Heart />}
          name={words.show.favourites}
          on={wanted.favourite === "true"}
          onClick={() => show({ favourite: "true" })}
        />
        <Line
          icon={<Trash2 />}
          name={words.show.trash}
          on={wanted.trash === "true"}
          onClick={() => show({ trash: "true" })}
        />
      </Group>
      <Names
        title={words.folders}
        none={words.noFolders}
        icon={<Folder />}
        names={folders.data}
        on={(name) => wanted.folder === name}
        onName={(name) => show({ folder: name })}
      />
      <Names
        title={words.tags}
        none={words.noTags}
        icon={<Tag />}
        names={tags.data}
        on={(name) => wanted.tag?.includes(name) ?? false}
        onName={(name) => onWanted(withTag(wanted, name))}
      />
      <Making wanted={wanted} models={models} onWanted={onWanted} />
    </div>
  );
}

function Making({ wanted, models, onWanted }: Props) {
  const name = useId();
  const set = (field: keyof Wanted, value: string) => {
    const { [field]: _, ...rest } = wanted;
    onWanted(value === "" || value === ANY || value === "newest" ? rest : { ...rest, [field]: value });
  };
  const chooser = (
    field: "model" | "origin" | "sort",
    label: string,
    choices: readonly (readonly [string, string])[],
  ) => (
    <Labelled id={name + field} label={label}>
      <Select
        id={name + field}
        value={wanted[field] ?? choices[0]?.[0] ?? ""}
        choices={choices.map(([value, label]) => ({ value, label }))}
        onChange={(value) => set(field, value)}
      />
    </Labelled>
  );
  return (
    <div className="flex flex-col gap-4">
      {chooser("sort", words.order, [
        ["newest", words.newest],
        ["oldest", words.oldest],
      ])}
      {chooser("model", words.model, [[ANY, words.anyModel], ...models.map(({ id, name }) => [id, name] as const)])}
      {chooser("origin", words.origin, [
        [ANY, words.anyOrigin],
        ...(Object.keys(words.origins) as Origin[]).map((origin) => [origin, words.origins[origin]] as const),
      ])}
      <div className="grid grid-cols-1 gap-4">
        <TextField
          type="date"
          label={words.from}
          value={wanted.from ?? ""}
          onChange={(e) => set("from", e.target.value)}
        />
        <TextField type="date" label={words.to} value={wanted.to ?? ""} onChange={(e) => set("to", e.target.value)} />
      </div>
    </div>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="px-2 pb-1 text-pencil">{title}</h2>
      <ul>{children}</ul>
    </section>
  );
}

interface NamesProps {
  title: string;
  none: string;
  icon: ReactNode;
  names: readonly Counted[] | undefined;
  on(name: string): boolean;
  onName(name: string): void;
}

/** How many are shown before somebody asks for more. */
const FIRST = 7;

function Names({ title, none, icon, names, on, onName }: NamesProps) {
  const [all, setAll] = useState(false);
  const shown = names?.filter(({ name }, n) => all || n < FIRST || on(name));
  return (
    <Group title={title}>
      {names?.length === 0 && <li className="px-2 text-pencil text-pretty">{none}</li>}
      {shown?.map(({ name, pictures }) => (
        <Line key={name} icon={icon} name={name} count={pictures} on={on(name)} onClick={() => onName(name)} />
      ))}
      {names && shown && shown.length < names.length && (
        <li>
          <button
            type="button"
            onClick={() => setAll(true)}
            className="h-8 w-full rounded-control px-2 text-start text-pencil hover:bg-raised hover:text-paper pointer-coarse:h-10"
          >
            {strings.shell.more}
          </button>
        </li>
      )}
    </Group>
  );
}

interface LineProps {
  icon: ReactNode;
  name: string;
  count?: number;
  on: boolean;
  onClick(): void;
}

function Line({ icon, name, count, on, onClick }: LineProps) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={on}
        aria-label={count === undefined ? name : words.counted(name, count)}
        onClick={onClick}
        className={cx(
          "flex h-8 w-full items-center gap-3 rounded-control px-2 text-start transition-colors duration-100 hover:bg-raised pointer-coarse:h-10 [&_svg]:size-4 [&_svg]:shrink-0",
          on ? "bg-raised text-paper" : "text-pencil hover:text-paper",
        )}
      >
        <span aria-hidden>{icon}</span>
        <span className="min-w-0 grow truncate">{name}</span>
        {count !== undefined && <span className="tabular-nums text-pencil">{count}</span>}
      </button>
    </li>
  );
}
