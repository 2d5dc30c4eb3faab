import { Search, X } from "lucide-react";
import { type RefObject, useEffect, useRef, useState } from "react";
import { strings } from "@/strings";
import { IconButton } from "@/ui/button";

const words = strings.gallery;
const PAUSE_MS = 250;

interface Props {
  value: string;
  onChange(value: string): void;
  field: RefObject<HTMLInputElement | null>;
}

/** Words to look for, asked for once the hand rests. */
export function SearchBar({ value, onChange, field }: Props) {
  const [text, setText] = useState(value);
  const say = useRef(onChange);
  say.current = onChange;
  const said = useRef(value);
  useEffect(() => {
    // The echo of what was typed here must not undo what was typed since.
    if (value.trim() !== said.current.trim()) setText(value);
    said.current = value;
  }, [value]);
  useEffect(() => {
    if (text === said.current) return;
    const timer = setTimeout(() => {
      said.current = text;
      say.current(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <search className="relative min-w-0 grow">
      <Search aria-hidden className="absolute top-1/2 start-3 size-4 -translate-y-1/2 text-pencil" />
      <input
        ref={field}
        type="search"
        aria-label={words.search}
        title={words.searchHint}
        placeholder={words.searchPlaceholder}
        maxLength={500}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          said.current = text;
          onChange(text);
        }}
        className="h-9 w-full rounded-control bg-raised pe-10 ps-10 [&::-webkit-search-cancel-button]:hidden text-small transition-colors duration-100 hover:bg-line focus:bg-line pointer-coarse:h-10"
      />
      {text !== "" && (
        <IconButton
          label={words.clear}
          className="absolute top-1/2 end-0.5 -translate-y-1/2"
          onClick={() => {
            setText("");
            said.current = "";
            onChange("");
            field.current?.focus();
          }}
        >
          <X aria-hidden />
        </IconButton>
      )}
    </search>
  );
}
