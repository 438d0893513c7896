import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { urlSettings } from '@plinth/contracts';
import { writeServiceKeys } from '@plinth/passport';
import { compileCache } from '@plinth/testing';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { PLATFORM_HEADERS, send, startUpstream, type TestUpstream } from './test-gateway.ts';

// The process as it is run: settings in, a listening gateway out, and a clean end on SIGTERM.

let directory: string;
let upstream: TestUpstream;
let child: ChildProcess;
let output = '';
let url: string;
let internalUrl: string;
let settings: Record<string, string>;

// biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Redis.
const redisUrl = process.env.PLINTH_TEST_REDIS_URL;
const main = new URL('./main.ts', import.meta.url).pathname;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plinth-gateway-'));
  const keys = await writeServiceKeys({ directory, services: ['gateway', 'identity'] });
  upstream = await startUpstream((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    // Identity's part in this test: one passport for everybody, and nothing revoked.
    const expiresAt = Math.floor(Date.now() / 1_000) + 60;
    const passport = { passport: 'p', expiresAt, limits: [], subjects: [] };
    const result = { ...passport, sequence: 0, revocations: [], hasMore: false };
    response.end(request.url?.startsWith('/internal/') ? JSON.stringify({ result: { data: result } }) : '{}');
  });
  const [port, internalPort] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${port}`;
  internalUrl = `http://127.0.0.1:${internalPort}`;
  settings = {
    ...compileCache,
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    SHUTDOWN_DELAY_MS: '0',
    SERVICE_KEYS_FILE: keys.keysFileOf('gateway'),
    PUBLIC_URL: url,
    ...urlSettings(() => upstream.url),
    ISSUER_URL: `${url}/realms/plinth`,
    JWKS_URL: `${upstream.url}/certs`,
  };
  child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'pipe'], env: settings });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data) => {
      output += data;
    });
  await vi.waitFor(() => expect(output).toContain('listening'), { timeout: 60_000 });
});

afterAll(async () => {
  child.kill('SIGKILL');
  await upstream.close();
  await rm(directory, { recursive: true, force: true });
});

test('it serves what it is asked, its documents, and its health on the internal port', async () => {
  const signedIn = await send(`${url}/v1/auth/token`, {
    method: 'POST',
    headers: PLATFORM_HEADERS,
    body: '{}',
  });
  expect(signedIn.status).toBe(200);
  expect((await send(`${url}/v1/platform/info`)).status).toBe(200);
  const document = JSON.parse((await send(`${url}/openapi.json`)).body);
  expect(Object.keys(document.paths)).toContain('/v1/platform/health');
  expect((await send(`${internalUrl}/health/ready`)).status).toBe(200);
  const { body } = await send(`${internalUrl}/metrics`);
  expect(body).toContain('plinth_gateway_requests_total');
});

test('a reader of its log that went away does not take it along', async () => {
  const port = await freePort();
  const deaf = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...settings, PORT: String(port), INTERNAL_PORT: String(await freePort()) },
  });
  const ended = once(deaf, 'exit');
  await once(deaf.stdout, 'data');
  deaf.stdout.destroy();
  const ask = () => send(`http://127.0.0.1:${port}/v1/platform/info`);
  await expect.poll(ask).toMatchObject({ status: 200 });
  // Long enough for the line of that request to have been written to nobody.
  await wait(200);
  expect((await ask()).status).toBe(200);
  deaf.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test.runIf(redisUrl)('three processes on one Redis share one limit', async () => {
  const quota = 600;
  const gateways = await Promise.all(
    [1, 2, 3].map(async () => {
      const at = await freePort();
      const env = {
        ...settings,
        PORT: String(at),
        INTERNAL_PORT: '0',
        REDIS_URL: redisUrl ?? '',
        AUTH_REQUESTS_PER_MINUTE: String(quota),
        // So that a caller may be at any address.
        TRUSTED_PROXIES: '127.0.0.1',
      };
      const gateway = spawn(process.execPath, [main], { stdio: 'ignore', env });
      onTestFinished(() => void gateway.kill('SIGKILL'));
      await expect.poll(() => send(`http://127.0.0.1:${at}/v1/platform/info`)).toMatchObject({ status: 200 });
      return `http://127.0.0.1:${at}/v1/auth/token`;
    }),
  );
  let addresses = 0;
  /** As many as get through from an address that nobody has counted for. */
  async function askAll() {
    const headers = { ...PLATFORM_HEADERS, 'x-forwarded-for': `203.0.113.${++addresses}` };
    const told = { passed: 0, alone: 0 };
    const began = performance.now();
    async function askInTurn(at: string): Promise<void> {
      for (let i = 0; i < 30; i++) {
        const answer = await send(at, { method: 'POST', headers, body: '{}' });
        expect([200, 429]).toContain(answer.status);
        if (answer.status === 200) told.passed += 1;
        if (answer.headers['x-degraded']) told.alone += 1;
      }
    }
    await Promise.all(gateways.flatMap((at) => Array.from({ length: 10 }, () => askInTurn(at))));
    return { ...told, meanwhile: ((performance.now() - began) / 60_000) * quota };
  }
  let round = await askAll();
  // On a machine that stands still for 50 ms gateways count alone, which proves nothing here.
  for (let tries = 0; tries < 20 && round.alone > 0; tries++) round = await askAll();
  expect(round.alone).toBe(0);
  expect(round.passed).toBeGreaterThanOrEqual(quota * 0.99);
  expect(round.passed).toBeLessThanOrEqual((quota + round.meanwhile) * 1.01);
});

test('SIGTERM ends it cleanly, with every line written', async () => {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(output).toContain('"path":"/v1/auth/token"');
  expect(output).toContain('"stopped"');
});

test('bad settings are named all at once', async () => {
  const broken = spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...compileCache, PORT: 'no' },
  });
  let told = '';
  broken.stderr?.on('data', (data) => {
    told += data;
  });
  const [code] = await once(broken, 'exit');
  expect(code).toBe(1);
  for (const name of ['PORT', 'PUBLIC_URL', 'IDENTITY_URL', 'SERVICE_KEYS_FILE'])
    expect(told).toContain(name);
});
