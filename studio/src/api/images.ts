import { reach, signature, tell } from "@/api/ask";
import { Problem } from "@/api/problem";
import type { components } from "@/api/schema";

export type GivenImage = components["schemas"]["Image"];

/** Keeps an image to draw with, and says under which name. */
export async function giveImage(file: Blob): Promise<GivenImage> {
  const response = await reach("/api/v1/images", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": file.type || "image/png", ...(await signature()) },
    body: file,
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw tell(Problem.from(response.status, body));
  return body as GivenImage;
}

/** Where an image of a recipe can be looked at: one that was given, or a picture of the gallery. */
export const imageUrl = (reference: string): string => {
  if (reference.startsWith("data:")) return reference;
  const id = encodeURIComponent(reference);
  return reference.startsWith("pic_") ? `/api/v1/pictures/${id}/file` : `/api/v1/images/${id}`;
};
