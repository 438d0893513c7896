import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { callerHeaders, sendRaw, startGateway, startUpstream } from '../test-gateway.ts';
import { createGatherer, type Gathering, type GathererOptions } from './gather-body.ts';

// Bodies gathered from real connections.

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Answers with the length of a gathered body, or with the code of its refusal; `holdFrom` keeps bodies of that length. */
async function listen(
  options: GathererOptions & { maxBodyBytes: number },
  { holdFrom = Number.POSITIVE_INFINITY } = {},
): Promise<number> {
  const { maxBodyBytes, ...budget } = options;
  const gatherer = createGatherer(budget);
  server = createServer((request, response) => {
    const say = (text: string | number) => response.end(String(text));
    const gathering: Gathering = gatherer.gather(request, maxBodyBytes, {
      whole: ({ length }) => length >= holdFrom || say(length),
      refused: ({ code }) => say(code),
    });
    response.once('close', () => gathering.release());
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const post = (length: number, body: string) =>
  `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`;
const answerTo = async (port: number, bytes: string) =>
  (await sendRaw(port, bytes)).text.split('\r\n\r\n')[1];

test('a body is whole when it has come to its end, in however many pieces', async () => {
  const port = await listen({ maxBodyBytes: 1_000_000 });
  expect(await answerTo(port, post(3, 'abc'))).toBe('3');
  expect(await answerTo(port, post(900_000, 'x'.repeat(900_000)))).toBe('900000');
});

test('one that does not end in time is refused, however it moves meanwhile', async () => {
  const port = await listen({ maxBodyBytes: 1_000, withinMs: 300 });
  const socket = connect(port, '127.0.0.1', () => socket.write(post(1_000, '{')));
  const drip = setInterval(() => socket.write(' '), 20);
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  await expect.poll(() => text).toContain('REQUEST_TIMEOUT');
  clearInterval(drip);
  socket.destroy();
});

test('all together keep to their budget, and small ones are taken in beyond it', async () => {
  const port = await listen({ maxBodyBytes: 100_000, budgetBytes: 100_000 }, { holdFrom: 100_000 });
  const large = post(100_000, 'x'.repeat(100_000));
  const first = connect(port, '127.0.0.1', () => first.write(large));
  await expect.poll(() => answerTo(port, large)).toContain('OVERLOADED');
  expect(await answerTo(port, post(10_000, 'x'.repeat(10_000)))).toBe('10000');
  first.destroy();
});

test('callers that send slowly leave a service to the others', async () => {
  const upstream = await startUpstream();
  const gateway = await startGateway({ services: { tenancy: upstream.url } });
  const lines = Object.entries({ ...callerHeaders(), 'idempotency-key': 'k' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = (line: string, extra: string) =>
    `${line} HTTP/1.1\r\nHost: x\r\n${lines.join('')}${extra}\r\n`;
  const slow = Array.from({ length: 80 }, () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(`${head('POST /v1/tenants', 'Content-Length: 100\r\n')}{`);
    return socket;
  });
  await expect.poll(() => gateway.exchanged.length).toBeGreaterThan(0);
  const { text } = await sendRaw(gateway.port, head('GET /v1/tenants', 'Connection: close\r\n'));
  expect(text).toContain('HTTP/1.1 200 ');
  expect(upstream.connections()).toBe(1);
  for (const socket of slow) socket.destroy();
  await gateway.close();
  await upstream.close();
});
