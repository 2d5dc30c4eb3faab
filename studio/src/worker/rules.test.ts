import { expect, it } from "vitest";
import { forgets, kindOf, tooMany } from "@/worker/rules";

const get = (path: string, mode = "cors") => kindOf({ method: "GET", path, mode });

it("keeps pages of the gallery and thumbnails, and leaves everything else of the API alone", () => {
  expect(get("/api/v1/pictures")).toBe("pictures");
  expect(get("/api/v1/pictures/pic_1/thumbnail", "no-cors")).toBe("thumbnail");
  expect(get("/api/v1/me")).toBe("me");
  for (const path of [
    "/api/v1/generations/gen_1/events",
    "/api/v1/generations/gen_1/frames/3",
    "/api/v1/pictures/pic_1/file",
    "/api/v1/pictures/pic_1",
    "/api/v1/batches/bat_1/events",
    "/api/v1/keys",
    "/ready",
    "/share/token",
  ]) {
    expect(get(path)).toBe("left");
    expect(get(path, "navigate")).toBe("left");
  }
  for (const method of ["POST", "PATCH", "PUT", "DELETE", "HEAD"]) {
    for (const path of ["/api/v1/pictures", "/api/v1/me", "/api/v1/generations", "/"]) {
      expect(kindOf({ method, path, mode: "cors" })).toBe("left");
    }
  }
});

it("opens the studio's own addresses, and no other program's", () => {
  for (const path of ["/", "/gallery", "/settings", "/shared/abc", "/sign-in"]) {
    expect(get(path, "navigate")).toBe("page");
    expect(get(path)).toBe("left");
  }
  for (const path of ["/openapi.json", "/v1/models", "/metrics", "/worker.js", "/icons/192.png"]) {
    expect(get(path, "navigate")).toBe("left");
  }
  expect(get("/assets/index-abc.js", "no-cors")).toBe("asset");
  expect(get("/theme.js", "no-cors")).toBe("part");
});

it("forgets everything when somebody comes or goes, and the pages when the gallery changes", () => {
  const after = (method: string, path: string) => forgets({ method, path, mode: "cors" });
  expect(after("DELETE", "/api/v1/session")).toBe("everything");
  expect(after("POST", "/api/v1/session")).toBe("everything");
  expect(after("DELETE", "/api/v1/me")).toBe("everything");
  expect(after("DELETE", "/api/v1/pictures/pic_1")).toBe("everything");
  expect(after("POST", "/api/v1/pictures/bulk")).toBe("everything");
  expect(after("PATCH", "/api/v1/pictures/pic_1")).toBe("pages");
  expect(after("POST", "/api/v1/generations")).toBe("nothing");
  expect(after("GET", "/api/v1/pictures")).toBe("nothing");
});

it("lets go of the oldest first", () => {
  expect(tooMany([1, 2, 3, 4], 3)).toEqual([1]);
  expect(tooMany([1, 2], 3)).toEqual([]);
});
