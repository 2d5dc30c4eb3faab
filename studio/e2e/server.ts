import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
/** `local` draws with the embedded model, `fake` without any. */
const ENGINE = process.env.E2E_ENGINE ?? "local";
const PYTHON = process.env.E2E_PYTHON ?? join(ROOT, ".venv", "bin", "python");
const READY_WITHIN_MS = 150_000;

export interface Server {
  readonly url: string;
  readonly home: string;
  stop(): Promise<void>;
  /** Ends it as a power cut would, and starts it again at the same place. */
  crash(): Promise<void>;
}

export interface Wishes {
  /** Does something with the home before the server opens it. */
  prepare?(home: string): Promise<void>;
  /** `fake` where it does not matter who draws: the server is ready at once. */
  readonly engine?: "fake";
  /** Settings, by the names of their environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Runs Python with our code in reach; resolves to what it wrote. */
export function python(
  args: readonly string[],
  { home, input = "" }: { home: string; input?: string },
): Promise<string> {
  const env = { ...process.env, SAFELIGHT_HOME: home, PYTHONPATH: `${join(ROOT, "src")}:${ROOT}` };
  return new Promise((resolve, reject) => {
    const child = spawn(PYTHON, args, { cwd: home, env });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
    child.stdin.end(input);
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve(said) : reject(new Error(said))));
  });
}

/** A server of our own: a free port, a home that is thrown away. Resolves when a generation would start at once. */
export async function serve({ prepare, engine, settings: wished = {} }: Wishes = {}): Promise<Server> {
  if (!existsSync(join(ROOT, "src", "safelight", "studio_dist", "index.html"))) {
    throw new Error("The studio is not built: run `npm run build` first.");
  }
  const home = await mkdtemp(join(tmpdir(), "safelight-e2e-"));
  await prepare?.(home);
  const port = await freePort();
  const settings = { SAFELIGHT_ENGINE: engine ?? ENGINE, ...wished };
  let server = await start(home, port, settings);
  return {
    url: address(port),
    home,
    async stop() {
      await end(server, "SIGTERM");
      await rm(home, { recursive: true, force: true });
    },
    async crash() {
      await end(server, "SIGKILL");
      server = await start(home, port, settings);
    },
  };
}

const address = (port: number): string => `http://127.0.0.1:${port}`;

async function start(home: string, port: number, settings: NonNullable<Wishes["settings"]>): Promise<ChildProcess> {
  const said: string[] = [];
  const server = spawn(PYTHON, ["-m", "safelight", "serve", "--port", String(port)], {
    cwd: home,
    env: { ...process.env, ...settings, SAFELIGHT_HOME: home, PYTHONPATH: join(ROOT, "src"), NO_PROXY: "127.0.0.1" },
  });
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk) => said.push(String(chunk)));
  try {
    await ready(address(port), server);
  } catch (error) {
    await end(server, "SIGKILL");
    throw new Error(`${error}\n${said.join("").slice(-4000)}`);
  }
  return server;
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline; ) {
    if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}.`);
    const answer = await fetch(`${url}/ready`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("The server did not become ready.");
}

function end(server: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve();
    server.once("exit", () => resolve());
    server.kill(signal);
    setTimeout(() => server.kill("SIGKILL"), 10_000).unref();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
