// The server's own description, read for people. Only the parts that are shown are typed.

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

interface RawOperation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly text: string;
  readonly tag: string;
  readonly parameters: readonly Parameter[];
  /** What it may send, where that is JSON. */
  readonly body: unknown;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Every request, in the order of the document. */
export function operations(document: Document): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, raw]) => ({
        id: `${method} ${path}`,
        method: method.toUpperCase(),
        path,
        text: raw.description ?? raw.summary ?? "",
        tag: raw.tags?.[0] ?? "",
        parameters: raw.parameters ?? [],
        body: bodyOf(raw, document),
      })),
  );
}

function bodyOf(raw: RawOperation, document: Document): unknown {
  const schema = raw.requestBody?.content?.["application/json"]?.schema;
  return schema ? example(schema, document) : undefined;
}

const DEPTH = 4;

/** A value that fits a schema: what is required, and nothing that could be left out. */
export function example(schema: Schema, document: Document, depth = 0): unknown {
  const known = schema.examples?.[0] ?? schema.example ?? schema.const ?? schema.enum?.[0];
  if (known !== undefined) return known;
  if (schema.$ref) {
    const named = document.components.schemas[schema.$ref.split("/").at(-1) ?? ""];
    return named && depth < DEPTH ? example(named, document, depth + 1) : {};
  }
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  const choice = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].find(({ type }) => type !== "null");
  if (choice) return example(choice, document, depth);
  if (schema.properties) {
    const names = schema.required ?? Object.keys(schema.properties).slice(0, 1);
    const fields = names.map((name) => [name, example(schema.properties?.[name] ?? {}, document, depth + 1)]);
    return Object.fromEntries(fields);
  }
  if (schema.type === "array") return depth < DEPTH && schema.items ? [example(schema.items, document, depth + 1)] : [];
  return (
    { integer: schema.minimum ?? 1, number: schema.minimum ?? 1, boolean: true, string: "…" }[schema.type ?? ""] ?? {}
  );
}

/** The request as somebody would type it into a terminal. */
export function curl({ method, path, body }: Operation, origin: string): string {
  const address = `${origin}${path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`)}`;
  const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}"${address}"`, '-H "X-API-Key: $SAFELIGHT_KEY"'];
  if (body !== undefined) lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`);
  return lines.join(" \\\n  ");
}

/** Requests that change nothing and need nothing filled in can be tried on the spot. */
export const isHarmless = ({ method, path, parameters }: Operation): boolean =>
  method === "GET" && !path.includes("{") && !parameters.some(({ required }) => required) && !path.endsWith("/export");
