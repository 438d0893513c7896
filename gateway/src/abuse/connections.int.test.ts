import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFullSize } from '@plinth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { send } from '../test-gateway.ts';
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts';

// Very many connections that do nothing, or next to nothing, on a gateway that serves its callers all the while.

const MEGABYTE = 1024 * 1024;
const MAX_CONNECTIONS = 16_384;
/** Both ends of every connection are on this machine, each in a process of its own. */
const DESCRIPTORS = MAX_CONNECTIONS + 1_000;

const IDLE = isFullSize ? 10_000 : 500;
/** More than the connections that a gateway keeps to a service, also when small. */
const SLOW = isFullSize
  ? { headers: 1_150, bodies: 800, readers: 50 }
  : { headers: 100, bodies: 100, readers: 10 };

const WATCHED_MS = isFullSize ? 45_000 : 1_000;

/** More than the buffers between two sockets take, on a route that streams. */
const BIG = Buffer.alloc(8 * MEGABYTE, 'x');
const DOWNLOAD = '/realms/plinth/download';

let gateway: GatewayProcess;
let opened: Set<Held>;

beforeAll(async () => {
  opened = new Set();
  gateway = await startGatewayProcess((request, response) => {
    request.resume();
    request.on('end', () => response.end(request.url === DOWNLOAD ? BIG : '{}'));
  });
});
afterAll(async () => {
  for (const { socket } of opened) socket.destroy();
  await gateway.stop();
});

interface Held {
  socket: Socket;
  received: string;
  /** When it was closed, in milliseconds since it was opened. */
  closedAfter: number | undefined;
}

/** A connection on which these bytes were sent and whatever comes back is read, unless it is paused. */
function open(bytes: string, { reads = true } = {}): Promise<Held> {
  return new Promise((resolve) => {
    let began = Date.now();
    const socket = connect(gateway.port, '127.0.0.1');
    const held: Held = { socket, received: '', closedAfter: undefined };
    opened.add(held);
    socket.once('connect', () => {
      began = Date.now();
      socket.write(bytes);
      resolve(held);
    });
    socket.on('error', () => resolve(held));
    socket.once('close', () => {
      held.closedAfter = Date.now() - began;
    });
    if (!reads) return void socket.pause();
    socket.on('data', (data) => {
      held.received += data.toString('latin1');
    });
  });
}

async function openMany(count: number, bytes: () => string, options?: { reads: boolean }): Promise<Held[]> {
  const held: Held[] = [];
  while (held.length < count) {
    const batch = Array.from({ length: Math.min(200, count - held.length) }, () => open(bytes(), options));
    held.push(...(await Promise.all(batch)));
  }
  return held;
}

function close(held: readonly Held[]): void {
  for (const one of held) {
    one.socket.destroy();
    opened.delete(one);
  }
}

const ask = () => send(`${gateway.url}/v1/tenants`, { headers: gateway.headers });
const post = () =>
  send(`${gateway.url}/v1/tenants`, {
    method: 'POST',
    headers: { ...gateway.headers, 'idempotency-key': 'k', 'content-type': 'application/json' },
    body: '{}',
  });

async function descriptors(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}

/** A gateway keeps an idle connection for a little longer than this. */
const isCutEarly = ({ closedAfter = Number.POSITIVE_INFINITY }: Held): boolean => closedAfter < 70_000;

const INFO = 'GET /v1/platform/info HTTP/1.1\r\nHost: x\r\n\r\n';

test(`${IDLE} idle connections cost little memory and nobody's answer`, {
  timeout: 300_000,
}, async (context) => {
  const allowed = await descriptors();
  if (isFullSize && allowed < DESCRIPTORS)
    context.skip(`needs ${DESCRIPTORS} file descriptors and may have ${allowed}: raise it with ulimit -n`);
  await Promise.all(Array.from({ length: 50 }, ask));
  const before = await gateway.residentBytes();
  const idle = await openMany(IDLE, () => INFO);
  await expect
    .poll(() => idle.filter(({ received }) => received.startsWith('HTTP/1.1 200 ')).length, {
      timeout: 60_000,
    })
    .toBe(IDLE);
  const grown = (await gateway.residentBytes()) - before;
  if (isFullSize) console.log(`${IDLE} idle connections: ${Math.round(grown / MEGABYTE)} MB more`);
  expect(grown).toBeLessThan(250 * MEGABYTE);
  for (let i = 0; i < 20; i++) expect((await ask()).status).toBe(200);

  if (isFullSize) {
    idle.push(...(await openMany(MAX_CONNECTIONS - IDLE, () => INFO)));
    const beyond = await openMany(20, () => INFO);
    await expect.poll(() => beyond.filter(({ closedAfter }) => closedAfter !== undefined).length).toBe(20);
    expect(beyond.map(({ received }) => received).join('')).toBe('');
    expect(idle.filter(isCutEarly)).toEqual([]);
    close(idle.splice(0, 10));
    await expect
      .poll(() =>
        ask().then(
          ({ status }) => status,
          () => 'refused',
        ),
      )
      .toBe(200);
  }
  expect(idle.filter(isCutEarly)).toEqual([]);
  close(idle);
});

/** The shortest and the longest time after which these were closed. */
function closedBetween(held: readonly Held[]): [number, number] {
  const times = held.map(({ closedAfter }) => closedAfter ?? Number.POSITIVE_INFINITY);
  return [Math.min(...times), Math.max(...times)];
}

test(`${SLOW.headers + SLOW.bodies + SLOW.readers} slow callers hold nobody up, and are cut in time`, {
  timeout: 300_000,
}, async () => {
  const lines = Object.entries({ ...gateway.headers, 'idempotency-key': 'slow' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = (line: string, more = '') => `${line} HTTP/1.1\r\nHost: x\r\n${lines.join('')}${more}`;
  await Promise.all(Array.from({ length: 20 }, ask));
  const before = await gateway.descriptors();
  const headers = await openMany(SLOW.headers, () => head('GET /v1/tenants'));
  const bodies = await openMany(
    SLOW.bodies,
    () => `${head('POST /v1/tenants', 'Content-Length: 1000\r\n')}\r\n{`,
  );
  const readers = await openMany(SLOW.readers, () => `${head(`GET ${DOWNLOAD}`)}\r\n`, { reads: false });
  const drip = setInterval(() => {
    for (const { socket } of [...headers, ...bodies]) socket.write('X');
  }, 10_000);

  const answers: string[] = [];
  const until = Date.now() + WATCHED_MS;
  while (Date.now() < until || answers.length < 20) {
    answers.push(...(await Promise.all([ask(), post()])).map(({ status, body }) => `${status} ${body}`));
    await sleep(20);
  }
  clearInterval(drip);
  expect(new Set(answers)).toEqual(new Set(['200 {}']));

  if (isFullSize) {
    for (const [held, seconds] of [
      [headers, 10],
      [bodies, 30],
    ] as const) {
      await expect.poll(() => held.every(({ closedAfter }) => closedAfter !== undefined)).toBe(true);
      const [shortest, longest] = closedBetween(held);
      console.log(`cut after ${shortest} to ${longest} ms where ${seconds} s are allowed`);
      expect(shortest).toBeGreaterThan(seconds * 1_000 - 500);
      expect(longest).toBeLessThan(seconds * 1_000 + 30_000);
      expect(held.filter(({ received }) => !received.startsWith('HTTP/1.1 408 '))).toEqual([]);
    }
    // Who reads nothing does not see its end either; the gateway has let go of it.
    const held = async () => (await gateway.descriptors()) - before;
    await expect.poll(held, { timeout: 90_000, interval: 500 }).toBeLessThan(SLOW.readers);
    console.log(`slow readers are let go after ${Date.now() - until + WATCHED_MS} ms where 60 s are allowed`);
  }
  close([...headers, ...bodies, ...readers]);
});
