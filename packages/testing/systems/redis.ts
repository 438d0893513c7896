import { once } from 'node:events';
import { connect } from 'node:net';
import { run } from './command.ts';
import { debianVersion, installDebian } from './debian.ts';
import { freePort, inTemporaryFolder, startServer } from './server-process.ts';
import { type RunningSystem, runAlone, type StartOptions, type System } from './system.ts';

const program = '/usr/bin/redis-server';

export const redis: System = {
  name: 'redis',
  summary: "Redis 7 from Debian's packages, with no persistence. Sets PLINTH_TEST_REDIS_URL.",
  start,
};

export async function start(options: StartOptions): Promise<RunningSystem> {
  await installDebian({ 'redis-server': program }, options);
  const port = await freePort();
  return inTemporaryFolder('redis', async (folder) => ({
    name: 'redis',
    version: (await run(program, ['--version'])).match(/v=(\S+)/)?.[1] ?? 'unknown',
    origin: await debianVersion('redis-server'),
    env: { PLINTH_TEST_REDIS_URL: `redis://127.0.0.1:${port}` },
    ...(await startServer({
      name: 'redis',
      command: program,
      args: ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'no'],
      ready: () => ping(port),
      readyWithinMs: 120_000,
      stopSignals: ['SIGTERM'],
      signal: options.signal,
    })),
  }));
}

async function ping(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer to PING')));
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    if (!String(answer).startsWith('+PONG')) throw new Error(`PING was answered with ${answer}`);
  } finally {
    socket.destroy();
  }
}

if (import.meta.main) await runAlone(redis);
