import { expect, it } from "vitest";
import { curl, type Document, example, isHarmless, operations } from "@/features/docs/openapi";
import document from "../../../openapi.json";

const all = operations(document as unknown as Document);

it("finds every request, with a body where it takes one", () => {
  const draw = all.find(({ id }) => id === "post /api/v1/generations");
  expect(draw?.body).toHaveProperty("prompt");
  expect(all.every(({ text, tag }) => text !== "" && tag !== "")).toBe(true);
});

it("writes requests as a terminal takes them", () => {
  const one = all.find(({ id }) => id === "delete /api/v1/pictures/{picture}");
  expect(one && curl(one, "http://here")).toBe(
    'curl -X DELETE "http://here/api/v1/pictures/$PICTURE" \\\n  -H "X-API-Key: $SAFELIGHT_KEY"',
  );
});

it("lets only be tried what changes nothing", () => {
  const harmless = all.filter(isHarmless).map(({ id }) => id);
  expect(harmless).toContain("get /api/v1/pictures");
  expect(harmless.every((id) => id.startsWith("get ") && !id.includes("{"))).toBe(true);
});

it("ends where a schema leads to itself", () => {
  const self: Document = {
    paths: {},
    components: {
      schemas: { A: { type: "object", properties: { a: { $ref: "#/components/schemas/A" } }, required: ["a"] } },
    },
  };
  expect(JSON.stringify(example({ $ref: "#/components/schemas/A" }, self))).toContain("{}");
});
