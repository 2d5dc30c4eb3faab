import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { getFolders, getTags } from "@/api/gallery";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";

const words = strings.gallery;
export type NamingOf = "tag" | "untag" | "move";
const titleOf = (naming: NamingOf): string =>
  ({ tag: words.tagTitle, untag: words.untagTitle, move: words.moveTitle })[naming];

interface Props {
  /** What is asked for; null while nothing is. */
  naming: NamingOf | null;
  onTags(tags: readonly string[]): void;
  onFolder(folder: string | null): void;
  onClose(): void;
}

/** Asks for tags or a folder, and offers those that are there. */
export function Naming({ naming, onTags, onFolder, onClose }: Props) {
  const list = useId();
  const moving = naming === "move";
  const { data: names = [] } = useQuery({
    queryKey: [moving ? "folders" : "tags"],
    queryFn: ({ signal }) => (moving ? getFolders(signal) : getTags(signal)),
    enabled: naming !== null,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("names") ?? "").trim();
    if (moving) onFolder(text || null);
    else {
      const tags = text
        .split(",")
        .map((tag) => tag.trim())
        .filter(Boolean);
      if (tags.length === 0) return;
      onTags(tags);
    }
  };
  return (
    <Dialog
      open={naming !== null}
      onOpenChange={(open) => !open && onClose()}
      title={naming ? titleOf(naming) : ""}
      closeLabel={strings.shell.close}
      className="max-w-md"
    >
      <form onSubmit={submit} className="flex flex-col gap-4 px-6 pb-6">
        <TextField
          name="names"
          label={moving ? words.moveLabel : words.tagLabel}
          hint={moving ? words.moveHint : undefined}
          list={list}
          maxLength={moving ? 200 : 500}
          autoComplete="off"
          autoFocus
        />
        <datalist id={list}>
          {names.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Button kind="primary" type="submit" className="self-end">
          {naming ? words[naming] : ""}
        </Button>
      </form>
    </Dialog>
  );
}
