import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { FastifyBaseLogger } from 'fastify';
import type { Health } from './health.ts';

// From deps to a listening process and back: the same for every service and the gateway.

/** For what is under way, and for letting go; the delay before that is a setting. */
export const SHUTDOWN_MS = 6_000;

export interface Listener {
  listen(options: { host: string; port: number }): Promise<unknown>;
  /** From now on it tells those who call that in `afterMs` it takes no more requests. */
  announceStop(afterMs: number): void;
  close(): Promise<unknown>;
}

export interface ProcessOptions {
  settings: { HOST: string; PORT: number; INTERNAL_PORT: number; SHUTDOWN_DELAY_MS: number };
  log: FastifyBaseLogger;
  health: Health;
  app: Listener;
  /** What to let go of once no request is under way any more. */
  close: () => Promise<void>;
}

/** The two events a process ends by; `process` itself is handed in by main.ts. */
export interface ProcessEvents {
  once(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown;
  /** Whether the channel to the supervisor still stands, where there is one. */
  readonly connected?: boolean;
  exit(code: number): void;
}

function listenHealth(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(port, host, resolve);
  return promise;
}

function portOf(server: Server): number | undefined {
  const address: AddressInfo | string | null = server.address();
  return address && typeof address === 'object' ? address.port : undefined;
}

/**
 * V8 may conclude from a burst of requests that what some code makes lives long, and from then on makes it old. What it is
 * wrong about then keeps each request alive until a full collection, for as long as the process runs.
 */
function nothingIsBornOld(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

export async function runProcess(events: ProcessEvents, options: ProcessOptions): Promise<void> {
  const { settings, log, health, app, close } = options;
  nothingIsBornOld();
  await app.listen({ host: settings.HOST, port: settings.PORT });
  // Last: whoever hears that it is ready sends requests.
  await listenHealth(health.server, settings.HOST, settings.INTERNAL_PORT);
  log.info({ port: settings.PORT, internalPort: portOf(health.server) }, 'listening');

  const hurry = new AbortController();
  let isStopping = false;
  async function stop(reason: string, delayMs = 0): Promise<void> {
    if (delayMs === 0) hurry.abort();
    if (isStopping) return;
    isStopping = true;
    log.info({ reason, delayMs }, 'stopping');
    health.stopping();
    app.announceStop(delayMs);
    await sleep(delayMs, undefined, { signal: hurry.signal }).catch(() => undefined);
    const deadline = setTimeout(() => events.exit(1), SHUTDOWN_MS);
    try {
      await app.close();
      await close();
    } catch (err) {
      log.error({ err }, 'could not stop cleanly');
      return events.exit(1);
    }
    health.server.close();
    health.server.closeAllConnections();
    clearTimeout(deadline);
    log.info('stopped');
    events.exit(0);
  }
  events.once('SIGTERM', () => stop('SIGTERM', settings.SHUTDOWN_DELAY_MS));
  // Somebody at the keyboard waits for this one, and nobody is told to look elsewhere.
  events.once('SIGINT', () => stop('SIGINT'));
  // A supervisor that died takes its children along: the channel to it closes.
  const orphaned = () => stop('the supervisor is gone');
  events.once('disconnect', orphaned);
  if (events.connected === false) await orphaned();
}
