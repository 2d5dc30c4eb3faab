import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Problem } from "@/api/problem";
import { type Credentials, signIn } from "@/api/session";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Segmented } from "@/ui/segmented";

const words = strings.session;
type Way = "password" | "key";

/** A name with a password, or a key. */
export function SignInForm({ onSignedIn }: { onSignedIn(): void }) {
  const [way, setWay] = useState<Way>("password");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sending, setSending] = useState(false);
  const wrong = useId();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const credentials = read(way, new FormData(event.currentTarget));
    if (credentials === null) {
      setProblem(new Problem({ status: 422, detail: way === "key" ? words.emptyKey : words.empty }));
      return;
    }
    setSending(true);
    setProblem(null);
    try {
      await signIn(credentials);
      onSignedIn();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally {
      setSending(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} aria-describedby={wrong} noValidate className="flex flex-col gap-4">
      <Segmented
        label={words.way}
        value={way}
        segments={[
          { value: "password", label: words.password },
          { value: "key", label: words.key },
        ]}
        onChange={(next) => setWay(next as Way)}
      />
      {way === "password" ? (
        <ByPassword />
      ) : (
        <TextField name="key" type="password" label={words.secret} autoComplete="off" />
      )}
      <Wrong id={wrong} problem={problem} />
      <Button kind="primary" size="large" type="submit" disabled={sending}>
        {sending ? words.sending : words.submit}
      </Button>
    </form>
  );
}

const ByPassword = (): ReactNode => (
  <>
    <TextField name="user" label={words.user} autoComplete="username" />
    <TextField name="password" type="password" label={words.password} autoComplete="current-password" />
    <TextField name="workspace" label={words.workspace} hint={words.workspaceHint} autoComplete="organization" />
  </>
);

function Wrong({ id, problem }: { id: string; problem: Problem | null }) {
  return (
    <p id={id} role="alert" className="text-small empty:hidden">
      {problem && (
        <>
          <strong className="font-medium">{problem.message}</strong> <span className="text-pencil">{problem.hint}</span>
        </>
      )}
    </p>
  );
}

function read(way: Way, form: FormData): Credentials | null {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  if (way === "key") return text("key") ? { key: text("key") } : null;
  const password = String(form.get("password") ?? "");
  if (!text("user") || !password) return null;
  return { user: text("user"), password, workspace: text("workspace") || null };
}
