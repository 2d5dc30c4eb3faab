// Fails when src/api/schema.d.ts is not what `npm run generate-types` would write for openapi.json.
import { readFile } from "node:fs/promises";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const document = new URL("../openapi.json", import.meta.url);
const committed = await readFile(new URL("../src/api/schema.d.ts", import.meta.url), "utf8");
const current = COMMENT_HEADER + astToString(await openapiTS(document, { immutable: true, alphabetize: true }));

if (committed !== current) {
  console.error("src/api/schema.d.ts is out of date: run `npm run generate-types` and commit the result.");
  process.exit(1);
}
