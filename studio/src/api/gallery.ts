// The gallery: pictures found, sorted, shared and dealt with in numbers.
import { ask, askRaw, signature, tell } from "@/api/ask";
import { Problem } from "@/api/problem";
import type { components } from "@/api/schema";
import type { Comparison, Counted, NewShareLink, PictureRecord, SharedPicture, ShareLink, Storage } from "@/api/types";

export type Terms = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
export interface PicturePage {
  readonly items: readonly PictureRecord[];
  readonly next_cursor: string | null;
}

export const findPictures = (
  terms: Terms,
  page: { cursor: string | null; limit: number },
  signal: AbortSignal,
): Promise<PicturePage> => ask("get", "/api/v1/pictures", { query: { ...terms, ...page }, signal });

export const getPicture = (picture: string, signal: AbortSignal): Promise<PictureRecord> =>
  ask("get", "/api/v1/pictures/{picture}", { path: { picture }, signal });

export interface PictureChange {
  readonly tags?: readonly string[];
  readonly favourite?: boolean;
  readonly folder?: string | null;
}

export const changePicture = (picture: string, change: PictureChange): Promise<PictureRecord> =>
  ask("patch", "/api/v1/pictures/{picture}", { path: { picture }, body: change });

export const getTags = async (signal: AbortSignal): Promise<readonly Counted[]> =>
  (await ask("get", "/api/v1/pictures/tags", { signal })).items;

export const getFolders = async (signal: AbortSignal): Promise<readonly Counted[]> =>
  (await ask("get", "/api/v1/pictures/folders", { signal })).items;

type Schemas = components["schemas"];
export type Deed = Pick<Schemas["Bulk"], "action"> & Partial<Omit<Schemas["Bulk"], "action" | "ids">>;
export type Outcome = Schemas["Done"];
const AT_ONCE = 1000;

/** Does one thing with many pictures, however many. Says of each what became of it. */
export async function dealWith(ids: readonly string[], deed: Deed): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const { results } = await ask("post", "/api/v1/pictures/bulk", {
      body: { ...deed, ids: ids.slice(start, start + AT_ONCE) },
    });
    outcomes.push(...results);
  }
  return outcomes;
}

export const comparePictures = (first: string, second: string, signal: AbortSignal): Promise<Comparison> =>
  ask("get", "/api/v1/pictures/compare", { query: { ids: `${first},${second}` }, signal });

/** Up to 1000 pictures as one zip. */
export const exportPictures = async (ids: readonly string[]): Promise<Blob> =>
  (await askRaw("post", "/api/v1/pictures/export", { body: { ids } })).blob();

export const getShares = async (picture: string | null, signal: AbortSignal): Promise<readonly ShareLink[]> =>
  (await ask("get", "/api/v1/shares", { query: { picture }, signal })).items;

export const share = (
  picture: string,
  wish: { readonly expires_in: number | null; readonly include_recipe: boolean },
): Promise<NewShareLink> => ask("post", "/api/v1/pictures/{picture}/share", { path: { picture }, body: wish });

export const revokeShare = (link: string): Promise<undefined> =>
  ask("delete", "/api/v1/shares/{link}", { path: { link } });

export const getShared = (token: string, signal: AbortSignal): Promise<SharedPicture> =>
  ask("get", "/share/{token}", { path: { token }, signal });

export const getStorage = (signal: AbortSignal): Promise<Storage> => ask("get", "/api/v1/storage", { signal });

/** Sends one file to the gallery, byte for byte, and says meanwhile what part of it is on its way. */
export async function importPicture(
  file: File,
  { onProgress, signal }: { onProgress(part: number): void; signal: AbortSignal },
): Promise<PictureRecord> {
  const headers = { Accept: "application/json", "Content-Type": file.type, ...(await signature()) };
  // fetch() does not tell how much was sent.
  const request = new XMLHttpRequest();
  request.open("POST", "/api/v1/pictures");
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
  const cancel = () => request.abort();
  signal.addEventListener("abort", cancel);
  return new Promise<PictureRecord>((resolve, reject) => {
    request.onload = () => {
      if (request.status === 201) resolve(request.response as PictureRecord);
      else reject(tell(Problem.from(request.status, request.response)));
    };
    request.onerror = () => reject(Problem.unreachable());
    request.onabort = () => reject(new DOMException("", "AbortError"));
    request.send(file);
  }).finally(() => signal.removeEventListener("abort", cancel));
}
