import { strings } from "@/strings";

/** What went wrong with a request: a problem document (RFC 9457), or no answer at all (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  readonly hint: string;
  readonly fields: Readonly<Record<string, string>>;

  constructor(wrong: { status: number; detail: string; hint?: string; fields?: Readonly<Record<string, string>> }) {
    super(wrong.detail);
    this.status = wrong.status;
    this.hint = wrong.hint ?? "";
    this.fields = wrong.fields ?? {};
  }

  get unreachable(): boolean {
    return this.status === 0;
  }

  static unreachable(): Problem {
    return new Problem({ status: 0, detail: strings.problem.unreachable, hint: strings.problem.unreachableHint });
  }

  /** A problem from whatever body a server, or a proxy before it, answered with. */
  static from(status: number, body: unknown): Problem {
    const document = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    return new Problem({
      status,
      detail: text(document.detail) ?? text(document.title) ?? strings.problem.unexplained(status),
      hint: text(document.hint) ?? "",
      fields: fieldsOf(document.errors),
    });
  }
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

function fieldsOf(errors: unknown): Record<string, string> {
  if (!Array.isArray(errors)) return {};
  return Object.fromEntries(errors.map(({ field, detail }) => [String(field), String(detail)]));
}
