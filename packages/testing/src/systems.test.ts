import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cached } from '../systems/cache.ts';
import { inTemporaryFolder, type ServerCommand, startServer } from '../systems/server-process.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-systems-'));
});

afterEach(() => rm(folder, { recursive: true }));

function shell(script: string, overrides: Partial<ServerCommand> = {}): ServerCommand {
  return {
    name: 'server',
    command: '/bin/sh',
    args: ['-c', script],
    cwd: folder,
    ready: async () => void (await pid()),
    readyWithinMs: 30_000,
    stopSignals: ['SIGTERM'],
    signal: new AbortController().signal,
    ...overrides,
  };
}

/** The pid in the file `up`, once the server has written it: the shell makes the file before it writes. */
async function pid(): Promise<number> {
  const id = Number(await readFile(join(folder, 'up'), 'utf8'));
  if (!id) throw new Error('nothing is written yet');
  return id;
}

const lives = (id: number): boolean => {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
};

test('a server that is ready runs until it is stopped', async () => {
  const { stop } = await startServer(shell('echo $$ > up; exec sleep 60'));
  const id = await pid();
  expect(lives(id)).toBe(true);
  await stop();
  expect(lives(id)).toBe(false);
});

test('a server that ends at start says what it printed last', async () => {
  const start = startServer(shell('echo no room for me >&2; exit 3'));
  await expect(start).rejects.toThrow(/it ended with 3\nno room for me/);
});

test('a server that does not get ready is stopped', async () => {
  const ready = async () => {
    await pid();
    throw new Error('not yet');
  };
  const start = startServer(shell('echo $$ > up; exec sleep 60', { ready, readyWithinMs: 2_000 }));
  await expect(start).rejects.toThrow('it was not ready: Error: not yet');
  expect(lives(await pid())).toBe(false);
});

test('an interruption stops a server that is starting', async () => {
  const controller = new AbortController();
  const ready = () => Promise.reject(new Error('not yet'));
  const start = startServer(shell('echo $$ > up; exec sleep 60', { ready, signal: controller.signal }));
  const interrupted = expect(start).rejects.toThrow('enough');
  while (!(await pid().catch(() => 0))) await wait(20);
  controller.abort(new Error('enough'));
  await interrupted;
  expect(lives(await pid())).toBe(false);
});

test('stopping a server that is gone already is an error', async () => {
  const { stop } = await startServer(shell('echo $$ > up; exec sleep 60'));
  process.kill(await pid(), 'SIGKILL');
  while (lives(await pid())) await wait(20);
  await expect(stop()).rejects.toThrow('it ended with SIGKILL');
});

/** What Linux says of a process: `T` is stopped. */
const stateOf = async (id: number): Promise<string | undefined> =>
  (await readFile(`/proc/${id}/stat`, 'utf8')).split(') ')[1]?.[0];

test('a server stands still with what it has started, goes on, and is ended and started anew', async () => {
  const server = await startServer(shell('sleep 60 & echo $! > child; echo $$ > up; wait'));
  const child = Number(await readFile(join(folder, 'child'), 'utf8'));
  const states = async () => `${await stateOf(await pid())}${await stateOf(child)}`;
  await server.pause();
  await expect.poll(states).toBe('TT');
  await server.resume();
  await expect.poll(states).toBe('SS');

  const before = await pid();
  const ended = server.end('SIGKILL');
  process.kill(child, 'SIGKILL');
  await ended;
  expect(lives(before)).toBe(false);
  await rm(join(folder, 'up'));
  await server.start();
  expect(await pid()).not.toBe(before);
  await server.stop();
  expect(lives(await pid())).toBe(false);
});

test('a temporary folder goes with its system, and with one that does not start', async () => {
  const folders: string[] = [];
  const running = await inTemporaryFolder('test', async (path) => {
    folders.push(path);
    await writeFile(join(path, 'file'), 'data');
    const server = await startServer(shell('echo $$ > up; exec sleep 60'));
    return { name: 'test', version: '1', origin: 'here', env: {}, ...server };
  });
  await running.stop();
  const broken = inTemporaryFolder('test', async (path) => {
    folders.push(path);
    throw new Error('broken');
  });
  await expect(broken).rejects.toThrow('broken');
  expect(folders).toHaveLength(2);
  for (const path of folders) await expect(readdir(path)).rejects.toThrow('ENOENT');
});

test('a download that breaks off leaves nothing in the cache, and the next one fills it once', async () => {
  const path = join(folder, 'cache', 'thing');
  const broken = cached(path, async (unfinished) => {
    await writeFile(join(unfinished, 'half'), '');
    throw new Error('connection lost');
  });
  await expect(broken).rejects.toThrow('connection lost');
  expect(await readdir(join(folder, 'cache'))).toEqual([]);

  let fills = 0;
  const fill = async (unfinished: string) => {
    fills += 1;
    await writeFile(join(unfinished, 'whole'), '');
  };
  expect(await cached(path, fill)).toBe(path);
  expect(await cached(path, fill)).toBe(path);
  expect(await readdir(path)).toEqual(['whole']);
  expect(fills).toBe(1);
});
