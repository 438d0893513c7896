import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS, newId } from '@plinth/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  callerHeaders,
  type Handler,
  send,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from '../test-gateway.ts';

// Brief reads of a workspace on one connection to its service, and that nobody notices.

const ours = newId('workspace');
const theirs = newId('workspace');

let upstream: TestUpstream;
let gateway: TestGateway;

/** What it does with `id=eq.slow`; anything else it answers at once. */
let slow: Handler;
const seen: { url: string; socket: Socket }[] = [];

const answer = (request: IncomingMessage, response: ServerResponse, body = request.url ?? '') => {
  response.writeHead(200, { 'content-type': 'application/json', [HEADERS.brief]: '1' });
  response.end(JSON.stringify(body));
};

beforeEach(async () => {
  seen.length = 0;
  slow = answer;
  upstream = await startUpstream((request, response) => {
    seen.push({ url: request.url ?? '', socket: request.socket });
    if (request.url?.endsWith('.slow')) slow(request, response);
    else answer(request, response);
  });
  gateway = await startGateway({ services: { postgres: upstream.url } });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const pathOf = (id: string, workspaceId = ours, column = 'id') =>
  `/v1/postgres/${workspaceId}/rows/invoices?${column}=eq.${id}`;
const read = (path: string, method = 'GET') =>
  send(`${gateway.url}${path}`, { method, headers: callerHeaders() });

/** So that its service has said once of such reads that they are brief. */
async function learn(workspaceId = ours): Promise<void> {
  expect((await read(pathOf('first', workspaceId))).status).toBe(200);
  seen.length = 0;
}

const many = (count: number, workspaceId = ours) =>
  Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const path = pathOf(`${i}`, workspaceId);
      const { status, body, headers } = await read(path);
      expect(headers[HEADERS.brief]).toBeUndefined();
      return status === 200 && JSON.parse(body) === path;
    }),
  );

/** A caller on a connection of its own, who has asked and may leave. */
function ask(path: string, more = {}): Socket {
  const headers = Object.entries({ host: 'x', ...more, ...callerHeaders() });
  const caller = connect(gateway.port, '127.0.0.1');
  caller.write(
    `GET ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  return caller;
}

const socketsOf = (urls = /./) =>
  new Set(seen.filter(({ url }) => urls.test(url)).map(({ socket }) => socket));

/** Reads that arrive while the service is busy with the slow one: they are on its connection. */
async function behindSlow(count: number) {
  const first = read(pathOf('slow'));
  await expect.poll(() => seen.length).toBeGreaterThan(0);
  return { first, others: many(count) };
}

test('reads of which their service says that they are brief share a connection, each with its own answer', async () => {
  await learn();
  // Unless this machine stands still for so long that they are asked for again.
  const connections = async () => {
    seen.length = 0;
    expect(await many(8)).not.toContain(false);
    return socketsOf().size;
  };
  await expect.poll(connections).toBe(1);
});

test('what was not called brief goes by itself, and so does what changes something', async () => {
  await learn();
  slow = (request, response) => setTimeout(() => response.end(request.url), 300);
  const [line] = [await read(pathOf('1'))].map(() => seen[0]?.socket);
  await Promise.all([read(pathOf('slow', ours, 'name')), read(pathOf('slow', ours, 'name'))]);
  const post = await send(`${gateway.url}${pathOf('1')}`, {
    method: 'POST',
    headers: { ...callerHeaders(), [HEADERS.idempotencyKey]: 'k-1', 'content-type': 'application/json' },
    body: '{}',
  });
  expect(post.status).toBe(200);
  expect(socketsOf(/name=/).size).toBe(2);
  expect(seen.filter(({ socket }) => socket === line)).toHaveLength(1);
});

test('its service may call them brief no more', async () => {
  await learn();
  slow = (_, response) => response.end('{}');
  await read(pathOf('slow'));
  seen.length = 0;
  slow = (_, response) => setTimeout(() => response.end('{}'), 300);
  await Promise.all([read(pathOf('slow')), read(pathOf('slow'))]);
  expect(socketsOf().size).toBe(2);
});

test('a HEAD goes by itself: undici closes its connection', async () => {
  await read(pathOf('1'), 'HEAD');
  await learn();
  const all = await Promise.all([read(pathOf('1')), read(pathOf('2'), 'HEAD'), read(pathOf('3'))]);
  expect(all.map(({ status, body }) => [status, body.length > 0])).toEqual([
    [200, true],
    [200, false],
    [200, true],
  ]);
  expect(socketsOf(/1$|3$/).size).toBe(1);
  expect(socketsOf().size).toBe(2);
});

test('nobody waits for one that turns out slow', async () => {
  await learn();
  let finish = () => undefined as unknown;
  slow = (request, response) => {
    finish = () => answer(request, response);
  };
  const { first, others } = await behindSlow(10);
  expect(await others).not.toContain(false);
  // Beside it as well, and those that come while it lasts.
  expect(await many(3)).not.toContain(false);
  finish();
  expect((await first).status).toBe(200);
  expect(await many(3)).not.toContain(false);
});

test('a caller who leaves a slow one ends it, and nobody else notices', async () => {
  await learn();
  const left = new Promise<void>((resolve) => {
    slow = (request) => request.socket.once('close', () => resolve());
  });
  const caller = ask(pathOf('slow'));
  await expect.poll(() => seen.length).toBe(1);
  const others = many(5);
  caller.destroy();
  expect(await others).not.toContain(false);
  await left;
  expect(await many(5)).not.toContain(false);
});

test.each([
  ['breaks the connection', (request: IncomingMessage) => request.socket.destroy()],
  [
    'says that it is the last on its connection',
    (request: IncomingMessage, response: ServerResponse) => {
      response.shouldKeepAlive = false;
      answer(request, response);
    },
  ],
])('where one %s, all are answered', async (_, does) => {
  await learn();
  slow = (request, response) => {
    slow = answer;
    setTimeout(() => does(request, response), 30);
  };
  const { first, others } = await behindSlow(10);
  expect((await first).status).toBe(200);
  expect(await others).not.toContain(false);
});

test('a caller who reads slowly holds nobody up, and gets all of it', async () => {
  await learn();
  const big = 'x'.repeat(20_000_000);
  slow = (request, response) => answer(request, response, big);
  const caller = ask(pathOf('slow'), { connection: 'close' });
  await once(caller, 'readable');
  expect(await many(10)).not.toContain(false);
  let length = 0;
  for await (const chunk of caller) length += (chunk as Buffer).length;
  expect(length).toBeGreaterThan(big.length);
});

test('beside another workspace each has a few under way, and waits for its own alone', async () => {
  await learn();
  await learn(theirs);
  let underWay = 0;
  let most = 0;
  upstream.handle = (request, response) => {
    if (request.url?.includes(theirs)) return answer(request, response);
    underWay++;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay--;
      answer(request, response);
    }, 20);
  };
  const loud = many(60);
  expect(await many(3, theirs)).not.toContain(false);
  expect(await loud).not.toContain(false);
  // Four on their connection, and as many by themselves if this machine stands still.
  expect(most).toBeLessThanOrEqual(8);
});

test('so it is with what is not brief: a few of each, and a workspace that is alone as many as it likes', async () => {
  const held: (() => void)[] = [];
  upstream.handle = (request, response) => {
    if (request.url?.includes(theirs)) return answer(request, response);
    held.push(() => response.end('{}'));
  };
  const release = () => {
    for (const one of held.splice(0)) one();
  };
  const askFor = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => read(pathOf(`${i}`, ours, 'name'))));
  const alone = askFor(20);
  await expect.poll(() => held.length).toBe(20);
  release();
  await alone;

  expect((await read(pathOf('1', theirs))).status).toBe(200);
  const beside = askFor(20);
  await expect.poll(() => held.length).toBe(4);
  expect(await many(3, theirs)).not.toContain(false);
  expect(held).toHaveLength(4);
  const releasing = setInterval(release, 5);
  expect((await beside).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  clearInterval(releasing);
});

test('callers who leave before their reads are sent keep no turn of their workspace', async () => {
  await learn(theirs);
  await learn();
  const held: (() => void)[] = [];
  const areHeld = new Promise<void>((resolve) => {
    slow = (request, response) => {
      if (held.push(() => answer(request, response)) === 4) resolve();
    };
  });
  const first = Array.from({ length: 4 }, () => read(pathOf('slow')));
  await areHeld;
  const callers = Array.from({ length: 4 }, () => ask(pathOf('2')));
  await sleep(20);
  for (const caller of callers) caller.destroy();
  // Until those behind the slow ones are asked for by themselves.
  await sleep(300);
  slow = answer;
  for (const one of held) one();
  for (const { status } of await Promise.all(first)) expect(status).toBe(200);
  expect((await read(pathOf('1', ours, 'name'))).status).toBe(200);
});

test('who waits for its turn is told in time that there is too much to do', async () => {
  await gateway.close();
  gateway = await startGateway({
    services: { postgres: upstream.url },
    answerWithinMs: { json: 500, stream: 500 },
  });
  await learn(theirs);
  const held: (() => void)[] = [];
  upstream.handle = (request, response) => void held.push(() => answer(request, response));
  const waits = { 'idempotency-key': 'k-1', prefer: 'wait=20', 'content-type': 'application/json' };
  const patient = { method: 'POST', headers: { ...callerHeaders(), ...waits }, body: '{}' };
  const first = Array.from({ length: 4 }, () => send(`${gateway.url}${pathOf('1')}`, patient));
  await expect.poll(() => held.length).toBe(4);
  const late = await read(pathOf('1'));
  expect([late.status, JSON.parse(late.body).error.code]).toEqual([503, 'OVERLOADED']);
  for (const one of held) one();
  for (const { status } of await Promise.all(first)) expect(status).toBe(200);
  upstream.handle = answer;
  expect(await many(3)).not.toContain(false);
});
