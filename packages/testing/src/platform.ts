import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PlatformUsers, preparePlatformHome, realSystems } from './platform-home.ts';

// The whole platform, as `npm start` runs it, in a home and on a port of its own: on the embedded systems, or on the
// real ones where the environment names them.

const ENTRY = join(import.meta.dirname, '../../local/src/main.ts');
const READY_WITHIN_MS = 240_000;
const STOP_WITHIN_MS = 60_000;

export interface Platform {
  url: string;
  home: string;
  organizationId: string;
  /** The organization that the stranger owns. */
  otherOrganizationId: string;
  users: PlatformUsers;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return address.port;
}

async function untilReady(child: ChildProcess, localFile: string, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break;
    // Written when everything is ready, and not before.
    if (await readFile(localFile).then(Boolean, () => false)) return;
    await sleep(50);
  }
  throw new Error(`The platform did not become ready:\n${output()}`);
}

export async function startPlatform(settings: Record<string, string> = {}): Promise<Platform> {
  const { home, users, organizationId, otherOrganizationId, remove } = await preparePlatformHome();
  const port = await freePort();
  const child = spawn(process.execPath, [ENTRY], {
    env: {
      ...process.env,
      ...realSystems(process.env),
      PLINTH_HOME: home,
      PLINTH_PORT: String(port),
      PLINTH_ADMIN_EMAIL: users.owner.email,
      PLINTH_ADMIN_PASSWORD: users.owner.password,
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));

  async function stop(): Promise<void> {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      const killed = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await once(child, 'exit');
      clearTimeout(killed);
    }
    await remove();
  }

  try {
    await untilReady(child, join(home, 'local.json'), () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, home, organizationId, otherOrganizationId, users, stop };
}
