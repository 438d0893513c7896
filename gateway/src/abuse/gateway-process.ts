import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { urlSettings } from '@plinth/contracts';
import { writeServiceKeys } from '@plinth/passport';
import { compileCache, freePort } from '@plinth/testing';
import { expect, vi } from 'vitest';
import { goodClaims, rsaKey, signToken, startTestIssuer } from '../authenticate/test-issuer.ts';
import { type Handler, ISSUER, PLATFORM_HEADERS, startUpstream } from '../test-gateway.ts';

// The gateway as a process of its own, as it is run, so that its memory is nobody else's. Behind it one server is every
// service: what it answers is what the test says, and as identity it lets everybody in.

const MAIN = new URL('../main.ts', import.meta.url).pathname;

export async function startGatewayProcess(handle: Handler) {
  const directory = await mkdtemp(join(tmpdir(), 'plinth-gateway-'));
  const keys = await writeServiceKeys({ directory, services: ['gateway', 'identity'] });
  const key = rsaKey('process');
  const token = signToken(key, goodClaims(ISSUER, Math.floor(Date.now() / 1_000)));
  const issuer = await startTestIssuer([key]);
  const upstream = await startUpstream((request, response) => {
    if (!request.url?.startsWith('/internal/')) return handle(request, response);
    request.resume();
    const expiresAt = Math.floor(Date.now() / 1_000) + 60;
    const passport = { passport: 'p', expiresAt, limits: [], subjects: [] };
    const data = { ...passport, sequence: 0, revocations: [], hasMore: false };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ result: { data } }));
  });
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...compileCache,
      PORT: String(port),
      INTERNAL_PORT: '0',
      SERVICE_KEYS_FILE: keys.keysFileOf('gateway'),
      PUBLIC_URL: 'https://api.example.com',
      ...urlSettings(() => upstream.url),
      ISSUER_URL: ISSUER,
      JWKS_URL: issuer.url,
    },
  });
  let output = '';
  child.stdout.on('data', (data) => {
    if (!output.includes('listening')) output += data;
  });
  await vi.waitFor(() => expect(output).toContain('listening'), { timeout: 60_000 });

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** What a caller sends that is let in. */
    headers: { ...PLATFORM_HEADERS, authorization: `Bearer ${token}` },
    async residentBytes(): Promise<number> {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
    },
    /** How many files and sockets it has open. */
    descriptors: async (): Promise<number> => (await readdir(`/proc/${child.pid}/fd`)).length,
    async stop(): Promise<void> {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await upstream.close();
      await issuer.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type GatewayProcess = Awaited<ReturnType<typeof startGatewayProcess>>;
