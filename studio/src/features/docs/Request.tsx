import { Copy, Play } from "lucide-react";
import { useState } from "react";
import { reach } from "@/api/ask";
import { Problem } from "@/api/problem";
import { curl, isHarmless, type Operation, type Parameter } from "@/features/docs/openapi";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { copy } from "@/ui/copy";

const words = strings.docs;

/** One request: what it does, what it takes, how it is written, and what it answers here and now. */
export function Request({ operation }: { operation: Operation }) {
  const { method, path, text, parameters } = operation;
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="text-small">
        <summary className="grid cursor-pointer grid-cols-[4rem_minmax(0,1fr)] gap-x-3 rounded-control px-2 py-1.5 hover:bg-raised">
          <span className="font-medium">{method}</span>
          <code className="break-all">{path}</code>
          <span className="col-start-2 text-pencil text-pretty">{text}</span>
        </summary>
        {open && (
          <div className="flex flex-col gap-4 py-3 ps-2 lg:ps-[4.75rem]">
            {parameters.length > 0 && <Parameters of={parameters} />}
            {operation.body !== undefined && (
              <Code title={words.sends} text={JSON.stringify(operation.body, null, 2)} />
            )}
            <Code title={words.asCurl} text={curl(operation, location.origin)} />
            {isHarmless(operation) && <Trial path={path} />}
          </div>
        )}
      </details>
    </li>
  );
}

function Parameters({ of }: { of: readonly Parameter[] }) {
  return (
    <section>
      <h3 className="pb-1 text-pencil">{words.parameters}</h3>
      <dl className="flex flex-col gap-1">
        {of.map(({ name, in: place, required, description, schema }) => (
          <div key={place + name} className="grid gap-x-4 sm:grid-cols-[9rem_minmax(0,1fr)]">
            <dt>
              <code>{name}</code> {required && <span className="text-pencil">{words.required}</span>}
            </dt>
            <dd className="text-pencil text-pretty">{description ?? schema?.description ?? schema?.type}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Code({ title, text }: { title: string; text: string }) {
  return (
    <section>
      <div className="flex items-center justify-between pb-1">
        <h3 className="text-pencil">{title}</h3>
        <Button kind="quiet" onClick={() => void copy(text)}>
          <Copy aria-hidden />
          {words.copy}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it */}
      <pre tabIndex={0} className="max-h-80 overflow-auto rounded-control bg-tray p-3">
        {text}
      </pre>
    </section>
  );
}

/** Asks it now, as whoever is signed in. */
function Trial({ path }: { path: string }) {
  const [answer, setAnswer] = useState<{ readonly title: string; readonly text: string } | null>(null);
  const run = async () => {
    const begun = performance.now();
    try {
      const response = await reach(path, { headers: { Accept: "application/json" } });
      const text = await response.text();
      const title = words.answers(response.status, Math.round(performance.now() - begun));
      setAnswer({ title, text: readable(text) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setAnswer({ title: error.message, text: error.hint });
    }
  };
  return (
    <>
      <Button className="self-start" onClick={() => void run()}>
        <Play aria-hidden />
        {words.run}
      </Button>
      {answer && <Code title={answer.title} text={answer.text} />}
    </>
  );
}

function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).slice(0, 20_000);
  } catch {
    return text.slice(0, 20_000);
  }
}
