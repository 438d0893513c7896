import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { expect, type TestContext, test, vi } from 'vitest';
import { identityOf } from '../process-identity.ts';
import type { FixtureMessage, FixtureServer } from './fixtures/supervise.ts';

/** Tests that run at the same time cannot poll by way of `expect`, which knows how long. */
const SOON = { timeout: 30_000 };

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

// A killed supervisor's children are ended for a while before somebody reaps them.
const isAlive = (pid: number): boolean => identityOf(pid) !== undefined;

async function supervise(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  servers: Omit<FixtureServer, 'port'>[],
  startMs = 60_000,
) {
  const ports = await freePorts(servers.length);
  const list = servers.map((server, i) => ({ ...server, port: ports[i] }));
  const entry = new URL('./fixtures/supervise.ts', import.meta.url).pathname;
  const supervisor = fork(entry, [JSON.stringify(list), String(startMs)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const lines: string[] = [];
  const notices: string[] = [];
  const pids: number[] = [];
  const outcome = Promise.withResolvers<'ready' | { failed: string; lastLines: readonly string[] }>();
  supervisor.on('message', (message: FixtureMessage) => {
    if ('line' in message) lines.push(message.line);
    if ('notice' in message) notices.push(message.notice);
    if ('pid' in message) pids.push(message.pid);
    if ('ready' in message) outcome.resolve('ready');
    if ('failed' in message) outcome.resolve(message);
  });
  const exit = once(supervisor, 'exit');
  onTestFinished(() => {
    supervisor.kill('SIGKILL');
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
  });
  return { supervisor, ports, lines, notices, pids, outcome: outcome.promise, exit };
}

const crash = (port: number | undefined) =>
  new Promise((resolve) => get(`http://127.0.0.1:${port}/crash`).on('error', resolve));

const chain = [
  { name: 'gateway', after: ['identity', 'tenancy'] },
  { name: 'tenancy', after: ['postgres'] },
  { name: 'identity', after: ['postgres'] },
  { name: 'postgres' },
];

test.concurrent('starts in the order of need, stops in reverse on SIGTERM, and leaves nothing behind', async (context) => {
  const { supervisor, lines, pids, outcome, exit } = await supervise(context, chain);
  expect(await outcome).toBe('ready');
  expect(lines[0]).toBe('postgres started');
  expect(lines[3]).toBe('gateway started');
  expect(lines).toHaveLength(4);

  supervisor.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  expect(lines[4]).toBe('gateway stopped');
  expect(lines[7]).toBe('postgres stopped');
  expect(pids.filter(isAlive)).toEqual([]);
});

test.concurrent('starts a crashed child again, and leaves the others alone', async (context) => {
  const { ports, lines, notices, pids, outcome } = await supervise(context, [{ name: 'a' }, { name: 'b' }]);
  expect(await outcome).toBe('ready');
  await crash(ports[0]);
  await vi.waitFor(() => expect(lines.filter((line) => line === 'a started')).toHaveLength(2), SOON);
  expect(notices).toEqual(['a was ended by SIGKILL; starting it again in 0.05 s']);
  expect(pids.filter(isAlive)).toHaveLength(2);
  expect(lines.filter((line) => line === 'b started')).toHaveLength(1);
});

test.concurrent('a child that refuses to start ends the start, with its last words', async (context) => {
  const { pids, outcome, exit } = await supervise(context, [
    { name: 'postgres' },
    { name: 'tenancy', after: ['postgres'], behaviour: 'refuse' },
  ]);
  expect(await outcome).toEqual({
    failed: 'tenancy ended with code 1',
    lastLines: ['DATABASE_URL: is required'],
  });
  await exit;
  expect(pids.filter(isAlive)).toEqual([]);
});

test.concurrent('a child that never becomes ready ends the start', async (context) => {
  const { outcome, exit, pids } = await supervise(
    context,
    [{ name: 'tenancy', behaviour: 'never-ready' }],
    6_000,
  );
  expect(await outcome).toEqual({ failed: 'tenancy was not ready within 6 s', lastLines: ['started'] });
  await exit;
  expect(pids.filter(isAlive)).toEqual([]);
});

test.concurrent('a child that ignores SIGTERM is killed at the end of the stop', async (context) => {
  const { supervisor, notices, pids, outcome, exit } = await supervise(context, [
    { name: 'postgres' },
    { name: 'tenancy', after: ['postgres'], behaviour: 'stubborn' },
  ]);
  await outcome;
  supervisor.kill('SIGTERM');
  await exit;
  expect(notices.join()).toMatch(/^tenancy did not stop within [\d.]+ s; killing it$/);
  expect(pids.filter(isAlive)).toEqual([]);
});

test.concurrent('a killed supervisor takes its children along', async (context) => {
  const { supervisor, pids, outcome } = await supervise(context, chain);
  await outcome;
  supervisor.kill('SIGKILL');
  expect(pids).toHaveLength(4);
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), SOON);
});

test.concurrent('a supervisor killed while its children still load takes them along too', async (context) => {
  const { supervisor, pids } = await supervise(context, [{ name: 'a' }, { name: 'b' }]);
  await vi.waitFor(() => expect(pids).toHaveLength(2), { ...SOON, interval: 1 });
  supervisor.kill('SIGKILL');
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), SOON);
});
