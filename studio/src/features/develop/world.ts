import { cancelGeneration, getGeneration } from "@/api/client";
import { follow } from "@/api/feed";
import { branchOff, relativesOf, steer } from "@/api/stepping";
import { surely } from "@/api/surely";
import type { World } from "@/features/develop/darkroom";

/** The server behind this page. */
export const world: World = {
  follow,
  get: getGeneration,
  cancel: cancelGeneration,
  steer,
  branch: (id, wish) => surely((key) => branchOff(id, wish, key)),
  relatives: relativesOf,
  now: () => performance.now(),
};
