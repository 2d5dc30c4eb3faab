import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useId, useState } from "react";
import { getFolders, getTags } from "@/api/gallery";
import type { PictureRecord } from "@/api/types";
import type { DetailActions } from "@/features/gallery/Detail";
import { strings } from "@/strings";
import { TextField } from "@/ui/field";

const words = strings.detail;

interface Props {
  picture: PictureRecord;
  creator: boolean;
  onLabels: DetailActions["onLabels"];
}

/** The tags of a picture and its folder, to be changed in place. */
export function Labels({ picture, creator, onLabels }: Props) {
  const names = useId();
  const tags = picture.tags;
  const { data: folders = [] } = useQuery({ queryKey: ["folders"], queryFn: ({ signal }) => getFolders(signal) });
  const move = (text: string) => {
    const folder = text.trim() || null;
    if (folder !== (picture.folder ?? null)) onLabels(picture, { folder });
  };
  return (
    <div className="flex flex-col gap-3 text-small">
      <section aria-label={words.tags} className="flex flex-wrap items-center gap-1">
        {tags.map((tag) => (
          <span key={tag} className="inline-flex h-7 items-center gap-1 rounded-control bg-raised pe-1 ps-3">
            {tag}
            {creator && (
              <button
                type="button"
                aria-label={words.removeTag(tag)}
                onClick={() => onLabels(picture, { tags: tags.filter((one) => one !== tag) })}
                className="flex size-6 items-center justify-center rounded-control text-pencil hover:text-paper"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            )}
          </span>
        ))}
        {creator && <NewTag known={tags} onTag={(tag) => onLabels(picture, { tags: [...tags, tag] })} />}
      </section>
      {creator && (
        <>
          <TextField
            key={picture.folder}
            label={words.folder}
            placeholder={words.noFolder}
            defaultValue={picture.folder ?? ""}
            list={names}
            maxLength={200}
            autoComplete="off"
            onBlur={(event) => move(event.target.value)}
            onKeyDown={(event) => event.key === "Enter" && move(event.currentTarget.value)}
          />
          <datalist id={names}>
            {folders.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </div>
  );
}

function NewTag({ known, onTag }: { known: readonly string[]; onTag(tag: string): void }) {
  const [text, setText] = useState("");
  const names = useId();
  const { data: tags = [] } = useQuery({ queryKey: ["tags"], queryFn: ({ signal }) => getTags(signal) });
  const add = () => {
    const tag = text.trim().toLowerCase();
    if (tag && !known.includes(tag)) onTag(tag);
    setText("");
  };
  return (
    <>
      <input
        aria-label={words.addTag}
        placeholder={words.addTag}
        value={text}
        maxLength={64}
        list={names}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
        onBlur={add}
        onKeyDown={(event) => event.key === "Enter" && add()}
        className="h-7 w-28 rounded-control bg-raised px-3 text-small hover:bg-line focus:bg-line pointer-coarse:h-10"
      />
      <datalist id={names}>
        {tags.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
