import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { dealWith, findPictures } from "@/api/gallery";
import { useModels } from "@/api/queries";
import { useStanding } from "@/api/session";
import { Filters } from "@/features/gallery/Filters";
import { createGallery, GalleryContext } from "@/features/gallery/gallery";
import { ImportDialog } from "@/features/gallery/ImportDialog";
import { SelectionBar } from "@/features/gallery/SelectionBar";
import { NOTHING, type Selection } from "@/features/gallery/selection";
import { useForget } from "@/features/gallery/useDeeds";
import { useDrop, useImport } from "@/features/gallery/useImport";
import type { Wanted } from "@/features/gallery/wanted";
import { GalleryDialogs } from "@/routes/GalleryDialogs";
import { GalleryToolbar } from "@/routes/GalleryToolbar";
import { Hanging } from "@/routes/Hanging";
import { useAlbum } from "@/routes/useAlbum";
import { useGalleryActs } from "@/routes/useGalleryActs";
import { useGalleryKeys } from "@/routes/useGalleryKeys";
import { strings } from "@/strings";
import { Dialog } from "@/ui/dialog";

const words = strings.gallery;
const gallery = createGallery({ find: findPictures, deal: dealWith });

/** Everything that was drawn here or brought in. */
export function Gallery() {
  return (
    <GalleryContext value={gallery}>
      <Room />
    </GalleryContext>
  );
}

function Room() {
  const { picture, ...wanted } = useSearch({ from: "/frame/gallery" });
  const navigate = useNavigate({ from: "/gallery" });
  const { creator } = useStanding();
  const { data: models = [] } = useModels();
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [filtersOpen, setFiltersOpen] = useState(false);
  const [importOpen, setImportOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const look = (next: Wanted) => {
    setFiltersOpen(false);
    setSelection(NOTHING);
    void navigate({ search: next });
  };
  const open = (id: string | null) =>
    void navigate({
      search: { ...wanted, ...(id ? { picture: id } : {}) },
      replace: picture !== undefined && id !== null,
    });
  const album = useAlbum(wanted, selection, setSelection);
  const forget = useForget();
  const arrivals = useImport(() => {
    forget([]);
    void gallery.getState().refresh();
  });
  const bring = (files: readonly File[]) => {
    arrivals.add(files);
    setImportOpen(true);
  };
  const dragged = useDrop(bring, creator);
  const acts = useGalleryActs({ selection, setSelection, open, shown: picture ?? null });
  useGalleryKeys({ field, selection, setSelection, creator, inTrash: wanted.trash === "true", onAct: acts.act });

  const filters = <Filters wanted={wanted} models={models} onWanted={look} />;
  return (
    <div className="flex min-h-0 grow lg:h-0">
      <aside aria-label={words.filters} className="w-60 shrink-0 overflow-y-auto px-4 pt-2 pb-6 max-lg:hidden">
        {filters}
      </aside>
      <main className="relative flex min-w-0 grow flex-col gap-3 px-4 pt-2 max-lg:h-[calc(100dvh-48px)] lg:pe-6">
        <GalleryToolbar
          wanted={wanted}
          field={field}
          creator={creator}
          onWanted={look}
          onFilters={() => setFiltersOpen(true)}
          onImport={() => setImportOpen(true)}
        />
        <Hanging
          album={album}
          wanted={wanted}
          selection={selection}
          onSelection={setSelection}
          onOpen={open}
          onReset={() => look({})}
        />
        {selection.chosen.size > 0 && (
          <SelectionBar
            count={selection.chosen.size}
            inTrash={wanted.trash === "true"}
            creator={creator}
            onAct={acts.act}
            onAll={() => setSelection({ ...selection, chosen: new Set(album.tiles.map(({ id }) => id)) })}
            onNone={() => setSelection({ ...selection, chosen: new Set() })}
          />
        )}
        {dragged && <DropHere />}
      </main>
      <GalleryDialogs acts={acts} picture={picture ?? null} creator={creator} tiles={album.tiles} onOpen={open} />
      <ImportDialog
        open={importOpen}
        onOpenChange={setImportOpen}
        arrivals={arrivals.arrivals}
        onFiles={arrivals.add}
        onClear={arrivals.clear}
      />
      <Dialog
        as="sheet"
        open={filtersOpen}
        onOpenChange={setFiltersOpen}
        title={words.filters}
        closeLabel={strings.shell.close}
      >
        <div className="px-4 pb-8">{filters}</div>
      </Dialog>
    </div>
  );
}

const DropHere = () => (
  <p className="pointer-events-none absolute inset-2 z-30 flex items-center justify-center rounded-control border-2 border-dashed border-safe bg-room/80 text-title font-semibold">
    {strings.bringing.drop}
  </p>
);
