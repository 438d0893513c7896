import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { Refusal } from './refusal.ts';

// Inner ports come from below the range that systems take outgoing connections' ports from, so that no connection can sit on the
// port of a service that is being restarted.

const FIRST = 20_000;
const LAST = 32_000;
const PROBE_MS = 1_000;

export const HOST = '127.0.0.1';

/** Undefined when the port is free, otherwise the system's code for why not. */
function whyTaken(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function isPlinthAt(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://${HOST}:${port}/v1/platform/health`, {
      signal: AbortSignal.timeout(PROBE_MS),
    });
    await response.body?.cancel();
    return response.headers.has('x-correlation-id') && response.headers.has('x-api-version');
  } catch {
    return false;
  }
}

export async function requireFreePort(port: number): Promise<void> {
  const code = await whyTaken(port);
  if (code === undefined) return;
  const advice = `Set PLINTH_PORT to another one, for example: PLINTH_PORT=${port + 1} npm start`;
  if (code === 'EACCES') throw new Refusal(`This user may not listen on port ${port}.\n${advice}`);
  if (code !== 'EADDRINUSE') throw new Refusal(`Port ${port} cannot be used (${code}).\n${advice}`);
  const who = (await isPlinthAt(port)) ? 'another Plinth answers there' : 'another program listens there';
  throw new Refusal(
    `Port ${port} is taken: ${who}.\n${advice}\nA second Plinth needs a PLINTH_HOME of its own, too.`,
  );
}

/** Hands out free loopback ports, none of them twice: the one that is wanted if it is free. */
export function createPorts(): (wanted?: number) => Promise<number> {
  const given = new Set<number>();
  return async (wanted) => {
    for (let tries = 0; tries < LAST - FIRST; tries++) {
      const port = tries === 0 && wanted !== undefined ? wanted : randomInt(FIRST, LAST);
      if (given.has(port)) continue;
      given.add(port);
      if ((await whyTaken(port)) === undefined) return port;
    }
    throw new Refusal(`No free port between ${FIRST} and ${LAST} was found.`);
  };
}
