import { expect, it } from "vitest";
import { FOLLOWING, type Look, look, shown } from "@/features/develop/viewing";

const seen = (...looks: readonly Look[]) => looks.reduce(look, FOLLOWING);
const compare = (position: number, of: string | null = null): Look => ({ to: "compare", position, of, last: 9 });

it("follows the newest until something is pinned, and the pointer before either", () => {
  expect(shown(FOLLOWING, 9)).toBe(9);
  expect(shown(seen({ to: "pin", position: 3 }), 9)).toBe(3);
  expect(shown(seen({ to: "pin", position: 3 }, { to: "hover", position: 5 }), 9)).toBe(5);
});

it("walks from the newest, and follows again when it is reached", () => {
  const back = seen({ to: "move", by: -2, last: 9 });
  expect(back.pin).toBe(7);
  expect(look(back, { to: "move", by: 2, last: 9 }).pin).toBeNull();
  expect(look(back, { to: "move", by: -99, last: 9 }).pin).toBe(1);
});

it("lets go of a pin that is clicked again", () => {
  expect(seen({ to: "pin", position: 3 }, { to: "pin", position: 3 }).pin).toBeNull();
});

it("compares a pin with a second one, and stops when that is asked again", () => {
  const both = seen({ to: "pin", position: 3 }, compare(6));
  expect(both).toMatchObject({ pin: 3, against: { position: 6, of: null } });
  expect(look(both, compare(6)).against).toBeNull();
  expect(look(both, { to: "newest" })).toEqual(FOLLOWING);
  expect(seen(compare(4))).toMatchObject({ pin: 4, against: null });
});

it("compares the newest with another branch at once", () => {
  expect(seen(compare(5, "b"))).toMatchObject({ pin: 9, against: { position: 5, of: "b" } });
});

it("drags from one pin to another, and back to one", () => {
  const dragged = seen({ to: "drag", start: 2, position: 6 });
  expect(dragged).toMatchObject({ pin: 2, against: { position: 6, of: null } });
  expect(look(dragged, { to: "drag", start: 2, position: 2 })).toMatchObject({ pin: 2, against: null });
});
