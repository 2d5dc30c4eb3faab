import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { reach } from "@/api/ask";
import { Problem } from "@/api/problem";
import { type Document, operations } from "@/features/docs/openapi";
import { Request } from "@/features/docs/Request";
import { strings } from "@/strings";
import { TextField } from "@/ui/field";
import { Section } from "@/ui/section";
import { Nothing, Trouble, Waiting } from "@/ui/states";

const words = strings.docs;

async function getDocument(signal: AbortSignal): Promise<Document> {
  const response = await reach("/openapi.json", { signal });
  if (!response.ok) throw Problem.from(response.status, null);
  return (await response.json()) as Document;
}

/** Every request, by what it is about. */
export function Reference() {
  const [text, setText] = useState("");
  const wanted = useDeferredValue(text).trim().toLowerCase();
  const { data, error, refetch } = useQuery({
    queryKey: ["openapi"],
    queryFn: ({ signal }) => getDocument(signal),
    select: operations,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!data) {
    return error instanceof Problem ? <Trouble problem={error} onRetry={() => void refetch()} /> : <Waiting />;
  }
  const found = data.filter(({ id, text, tag }) => `${id} ${text} ${tag}`.toLowerCase().includes(wanted));
  const tags = [...new Set(found.map(({ tag }) => tag))];
  return (
    <>
      <div className="flex flex-col gap-4">
        <p className="text-pencil">
          {words.body}{" "}
          <a href="/openapi.json" className="text-paper underline underline-offset-4">
            {words.document}
          </a>
        </p>
        <TextField type="search" label={words.search} value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      {found.length === 0 && <Nothing title={words.none} />}
      {tags.map((tag) => (
        <Section key={tag} title={tag}>
          <ul className="flex flex-col gap-1">
            {found
              .filter((operation) => operation.tag === tag)
              .map((operation) => (
                <Request key={operation.id} operation={operation} />
              ))}
          </ul>
        </Section>
      ))}
    </>
  );
}
