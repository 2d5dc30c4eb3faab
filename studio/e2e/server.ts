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
  stop(): Promise<void>;
}

/** A server of our own: a free port, a home that is thrown away. Resolves when a generation would start at once. */
export async function serve(): Promise<Server> {
  if (!existsSync(join(ROOT, "src", "safelight", "studio_dist", "index.html"))) {
    throw new Error("The studio is not built: run `npm run build` first.");
  }
  const home = await mkdtemp(join(tmpdir(), "safelight-e2e-"));
  const port = await freePort();
  const said: string[] = [];
  const server = spawn(PYTHON, ["-m", "safelight", "serve", "--engine", ENGINE, "--port", String(port)], {
    cwd: home,
    env: { ...process.env, SAFELIGHT_HOME: home, PYTHONPATH: join(ROOT, "src"), NO_PROXY: "127.0.0.1" },
  });
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk) => said.push(String(chunk)));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await end(server);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await ready(url, server);
  } catch (error) {
    await stop();
    throw new Error(`${error}\n${said.join("").slice(-4000)}`);
  }
  return { url, stop };
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

function end(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null) return resolve();
    server.once("exit", () => resolve());
    server.kill("SIGTERM");
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
