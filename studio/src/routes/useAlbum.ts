import { useEffect, useRef } from "react";
import { useReadiness } from "@/api/queries";
import type { Album } from "@/features/gallery/album";
import { useGallery, useGalleryStore } from "@/features/gallery/gallery";
import { kept, type Selection } from "@/features/gallery/selection";
import { sameWanted, type Wanted } from "@/features/gallery/wanted";

/** The album for what the address asks for; looks for new pictures when one comes back to the page. */
export function useAlbum(wanted: Wanted, selection: Selection, onSelection: (selection: Selection) => void): Album {
  const gallery = useGalleryStore();
  const album = useGallery((state) => state.album);
  const asked = useRef<Wanted | null>(null);
  if (asked.current === null || !sameWanted(asked.current, wanted)) asked.current = wanted;
  const now = asked.current;
  useEffect(() => gallery.getState().open(now), [gallery, now]);
  useEffect(() => {
    const back = () => void (document.visibilityState === "visible" && gallery.getState().refresh());
    document.addEventListener("visibilitychange", back);
    return () => document.removeEventListener("visibilitychange", back);
  }, [gallery]);

  const { state } = useReadiness();
  const problem = useGallery((it) => it.problem);
  useEffect(() => {
    if (state === "ready" && problem?.unreachable) gallery.getState().retry();
  }, [state, problem, gallery]);

  const before = useRef(album.tiles);
  useEffect(() => {
    const ids = (tiles: Album["tiles"]) => tiles.map(({ id }) => id);
    if (album.tiles.length < before.current.length && selection.at !== null) {
      onSelection(kept(selection, ids(before.current), ids(album.tiles)));
    }
    before.current = album.tiles;
  }, [album.tiles, selection, onSelection]);
  return album;
}
