import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Line {
  readonly url: string;
  /** Cuts whatever is open, as a bad network does. */
  cut(): void;
  /** From now on, nobody gets through (true), or everybody again. */
  dead(is: boolean): void;
  close(): Promise<void>;
}

/** A line to a server that breaks when it is told to. */
export async function lineTo(url: string): Promise<Line> {
  const open = new Set<Socket>();
  let isDead = false;
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  const proxy = createServer((near) => {
    if (isDead) return void near.destroy();
    const far = connect(Number(new URL(url).port), "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut,
    dead(is) {
      isDead = is;
      if (is) cut();
    },
    close: () =>
      new Promise((closed) => {
        proxy.close(() => closed());
        cut();
      }),
  };
}
