import { expect, it } from "vitest";
import type { PictureRecord } from "@/api/types";
import { changed, EMPTY, extended, removed, renewed, restored } from "@/features/gallery/album";
import { GAP, layout, placeOf, scrollTo, stepFrom } from "@/features/gallery/layout";
import { extendedTo, kept, NOTHING, toggled } from "@/features/gallery/selection";
import { isNarrow, toTerms, toWanted, withTag } from "@/features/gallery/wanted";

const picture = (id: string): PictureRecord => ({
  id,
  url: `/${id}`,
  thumbnail_url: `/${id}/thumbnail`,
  width: 64,
  height: 64,
  seed: 1,
  generation: null,
  file_name: `${id}.png`,
  media_type: "image/png",
  bytes: 1,
  created_at: "2026-11-22T00:00:00Z",
  recipe: null,
  origin: "drawn",
  notes: [],
  tags: [],
  favourite: false,
  folder: null,
  deleted_at: null,
});
const ids = (album: { readonly tiles: readonly { readonly id: string }[] }) => album.tiles.map(({ id }) => id).join("");
const album = extended(EMPTY, ["a", "b", "c", "d"].map(picture), "more");

it("grows by pages and shows nothing twice", () => {
  const grown = extended(album, ["d", "e"].map(picture), null);
  expect([ids(grown), grown.next, grown.phase]).toEqual(["abcde", null, "ready"]);
});

it("puts what is new before what is known", () => {
  expect(ids(renewed(album, ["y", "z", "a", "b"].map(picture)))).toBe("yzabcd");
  expect(renewed(album, ["a", "b"].map(picture))).toBe(album);
});

it("puts back what was taken away where it was, whatever came in between", () => {
  const gone = removed(album, new Set(["b", "c"]));
  const later = extended(renewed(gone, ["z", "a"].map(picture)), [picture("e")], null);
  expect(ids(later)).toBe("zade");
  expect(ids(restored(later, album.tiles.slice(1, 3)))).toBe("zabcde");
});

it("rolls a change back to what was", () => {
  const marked = changed(album, new Set(["b"]), () => ({ favourite: true }));
  expect(marked.tiles.map(({ favourite }) => favourite)).toEqual([false, true, false, false]);
  expect(restored(marked, album.tiles.slice(1, 2))).toEqual(album);
});

it("chooses one by one and in ranges, and lets go of what is gone", () => {
  const all = ["a", "b", "c", "d"];
  const range = extendedTo(toggled(NOTHING, "b"), all, "d");
  expect([...range.chosen]).toEqual(["b", "c", "d"]);
  expect([...toggled(range, "c").chosen]).toEqual(["b", "d"]);
  const left = kept(range, all, ["a", "b"]);
  expect([[...left.chosen], left.at]).toEqual([["b"], "b"]);
});

it("draws what is in sight of a hundred thousand and little more", () => {
  const room = { width: 1000, height: 800, scroll: 500_000, count: 100_000, smallest: 150 };
  const now = layout(room);
  expect(now.columns).toBe(6);
  expect(now.columns * now.side + GAP * (now.columns - 1)).toBeCloseTo(1000);
  expect(now.end - now.first).toBeLessThan(80);
  expect(placeOf(now, now.first).y).toBeLessThan(room.scroll);
  expect(placeOf(now, now.end - 1).y).toBeGreaterThan(room.scroll + room.height);
  const end = layout({ ...room, scroll: now.total - room.height });
  expect(end.end).toBe(100_000);
});

it("leads from picture to picture by keys, and brings them into sight", () => {
  const now = layout({ width: 1000, height: 800, scroll: 0, count: 20, smallest: 150 });
  expect(stepFrom(0, "ArrowDown", now, 3, 20)).toBe(6);
  expect(stepFrom(0, "ArrowLeft", now, 3, 20)).toBe(0);
  expect(stepFrom(15, "PageDown", now, 3, 20)).toBe(19);
  expect(stepFrom(5, "End", now, 3, 20)).toBe(19);
  expect(stepFrom(5, "x", now, 3, 20)).toBeNull();
  expect(scrollTo(now, 0, 300, 800)).toBe(0);
  expect(scrollTo(now, 3, 0, 800)).toBe(0);
  expect(scrollTo(now, 19, 0, 400)).toBeGreaterThan(0);
});

it("reads what is looked for from an address, and leaves out what makes no sense", () => {
  const wanted = toWanted({ q: "red dragon", tag: ["a", "b"], from: "yesterday", trash: "1", sort: "oldest" });
  expect(wanted).toEqual({ q: "red dragon", tag: ["a", "b"], sort: "oldest" });
  expect(isNarrow({ sort: "oldest" })).toBe(false);
  expect(withTag(withTag({}, "a"), "a")).toEqual({});
  const { to } = toTerms({ to: "2026-11-22" });
  expect(new Date(String(to)).getTime()).toBe(new Date(2026, 10, 23).getTime());
});
