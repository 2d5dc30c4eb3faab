import { useState } from "react";
import { useModels, usePictures } from "@/api/queries";
import type { PictureRecord } from "@/api/types";
import { fromRecipe } from "@/features/recipe/draft";

/** The draft that would draw one picture of a generation again: its own seed, and only that one; null where nothing says how it was made. */
export function useRecipeToDraft() {
  const { data: models } = useModels();
  return ({ recipe, seed }: PictureRecord) => {
    if (recipe === null) return null;
    const card = models?.find(({ id }) => id === recipe.model);
    return { ...fromRecipe(recipe, card), seed, count: 1 };
  };
}

/** Which recent picture is open, and its neighbours. */
export function useOpenPicture() {
  const [picture, setPicture] = useState<PictureRecord | null>(null);
  const { data: pictures = [] } = usePictures();
  const at = pictures.findIndex(({ id }) => id === picture?.id);
  const go = (to: number) => {
    const there = at < 0 ? undefined : pictures[to];
    return there ? () => setPicture(there) : null;
  };
  return { picture, open: setPicture, onClose: () => setPicture(null), onGo: { newer: go(at - 1), older: go(at + 1) } };
}
