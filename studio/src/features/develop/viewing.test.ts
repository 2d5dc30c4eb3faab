import { expect, it } from "vitest";
import { FOLLOWING, look, shown } from "@/features/develop/viewing";

it("follows the newest until something else is asked for", () => {
  expect(shown(FOLLOWING, 7)).toBe(7);
});

it("scrubs under the pointer and returns to the pin", () => {
  const pinned = look(FOLLOWING, { to: "pin", position: 3 });
  const hovering = look(pinned, { to: "hover", position: 5 });
  expect(shown(hovering, 9)).toBe(5);
  expect(shown(look(hovering, { to: "hover", position: null }), 9)).toBe(3);
});

it("lets go when the pin is clicked again", () => {
  const pinned = look(FOLLOWING, { to: "pin", position: 3 });
  expect(look(pinned, { to: "pin", position: 3 })).toEqual(FOLLOWING);
});

it("compares two pins, and stops when one is chosen again", () => {
  const compared = look(look(FOLLOWING, { to: "pin", position: 3 }), { to: "compare", position: 8 });
  expect(compared).toMatchObject({ pin: 3, against: 8 });
  expect(look(compared, { to: "compare", position: 8 }).against).toBeNull();
});

it("walks step by step and follows again past the newest", () => {
  const back = look(FOLLOWING, { to: "move", by: -1, last: 5 });
  expect(back.pin).toBe(4);
  expect(look(back, { to: "move", by: 1, last: 5 }).pin).toBeNull();
  expect(look(look(FOLLOWING, { to: "pin", position: 1 }), { to: "move", by: -1, last: 5 }).pin).toBe(1);
});
