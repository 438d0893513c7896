import { expect, test } from 'vitest';
import { callerHeaders, send, sendRaw, startGateway, startUpstream } from '../test-gateway.ts';

// Undici's dispatch refuses some headers, and each refusal costs its pool a slot for ever: one more of each than the pool
// has slots must leave it whole.

const POOL_SIZE = 64;

const raw = (line: string, extra: string) => {
  const headers = Object.entries(callerHeaders()).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\nHost: x\r\n${headers.join('')}${extra}Connection: close\r\n\r\n`;
};

test.each([
  ['Expect: 100-continue', 'GET /v1/tenants', 'Expect: 100-continue\r\n', 200],
  ['another Expect', 'GET /v1/tenants', 'Expect: 200-maybe\r\n', 417],
  ['Upgrade: h2c', 'GET /v1/tenants', 'Upgrade: h2c\r\nConnection: Upgrade\r\n', 200],
  [
    'Upgrade: websocket on an ordinary route',
    'GET /v1/tenants',
    'Upgrade: websocket\r\nConnection: Upgrade\r\n',
    200,
  ],
  ['Keep-Alive', 'GET /v1/tenants', 'Keep-Alive: timeout=5\r\n', 200],
  ['Proxy-Connection', 'GET /v1/tenants', 'Proxy-Connection: keep-alive\r\n', 200],
  ['Transfer-Encoding on a GET', 'GET /v1/tenants', 'Transfer-Encoding: chunked\r\n', 400],
  ['a Connection header of rubbish', 'GET /v1/tenants', 'Connection: @, ;;\r\n', 200],
  ['OPTIONS *', 'OPTIONS *', '', 400],
  ['an absolute target', 'GET http://elsewhere.example.com/v1/tenants', '', 400],
  ['an unknown method', 'PROPFIND /v1/tenants', '', 501],
  ['two Host headers', 'GET /v1/tenants', 'Host: y\r\n', 400],
])('%s, more often than the pool has slots', async (_, line, extra, status) => {
  const upstream = await startUpstream();
  const gateway = await startGateway({ services: { tenancy: upstream.url } });
  for (let sent = 0; sent <= POOL_SIZE; sent += 13) {
    const answers = await Promise.all(
      Array.from({ length: 13 }, () => sendRaw(gateway.port, raw(line, extra))),
    );
    for (const { text } of answers)
      expect(text.replace('HTTP/1.1 100 Continue\r\n\r\n', '')).toContain(`HTTP/1.1 ${status} `);
  }
  const after = await send(`${gateway.url}/v1/tenants`, { headers: callerHeaders() });
  expect(after.status).toBe(200);
  await gateway.close();
  await upstream.close();
});
