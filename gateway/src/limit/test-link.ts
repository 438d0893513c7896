import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TestLink {
  readonly port: number;
  /** Keeps connections open and lets nothing through, as a frozen server does. */
  freeze(): void;
  thaw(): void;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** A TCP link to a real server that a test can freeze and cut, so that the server itself may be shared. */
export async function openTestLink(target: { host: string; port: number }): Promise<TestLink> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      if (frozen) from.pause();
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  function setFrozen(value: boolean): void {
    frozen = value;
    for (const socket of sockets) value ? socket.pause() : socket.resume();
  }

  return {
    port,
    freeze: () => setFrozen(true),
    thaw: () => setFrozen(false),
    cut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    restore: () => listen(port),
  };
}
