import { Download, SlidersHorizontal, Upload } from "lucide-react";
import type { RefObject } from "react";
import { urlOf } from "@/api/ask";
import { SearchBar } from "@/features/gallery/SearchBar";
import { toTerms, type Wanted } from "@/features/gallery/wanted";
import { strings } from "@/strings";
import { buttonLook, IconButton } from "@/ui/button";

const words = strings.gallery;

interface Props {
  wanted: Wanted;
  field: RefObject<HTMLInputElement | null>;
  creator: boolean;
  onWanted(wanted: Wanted): void;
  onFilters(): void;
  onImport(): void;
}

export function GalleryToolbar({ wanted, field, creator, onWanted, onFilters, onImport }: Props) {
  const { q: _, ...rest } = wanted;
  return (
    <div className="flex items-center gap-1">
      <SearchBar value={wanted.q ?? ""} field={field} onChange={(q) => onWanted(q.trim() ? { ...rest, q } : rest)} />
      <IconButton label={words.filters} onClick={onFilters} className="lg:hidden">
        <SlidersHorizontal aria-hidden />
      </IconButton>
      {creator && (
        <IconButton label={strings.bringing.action} onClick={onImport}>
          <Upload aria-hidden />
        </IconButton>
      )}
      <a
        href={urlOf("/api/v1/pictures/export", { query: toTerms(wanted) })}
        download
        aria-label={words.downloadAll}
        title={words.downloadAll}
        className={buttonLook({ kind: "quiet", size: "icon" })}
      >
        <Download aria-hidden />
      </a>
    </div>
  );
}
