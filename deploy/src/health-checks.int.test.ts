import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compose } from './testing/compose-file.ts';
import { readDockerfile } from './testing/dockerfile.ts';
import { fillIn } from './testing/placeholders.ts';

// The two health checks that are programs of ours, run as an engine would run them.

const run = promisify(execFile);
let status = 200;
let asked: string | undefined;
let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = request.url;
    response.writeHead(status).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const exitCode = async (command: string[], env: Record<string, string> = {}): Promise<number> => {
  const [program = '', ...args] = command;
  return run(program === 'node' ? process.execPath : program, args, { env }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
};

const keycloak = (at: number): string[] =>
  (compose.services.keycloak?.healthcheck?.test ?? [])
    .slice(1)
    .map((word) => fillIn(word, {}).replace('/9000', `/${at}`));

const checks = {
  image: (at: number) => exitCode(readDockerfile('Dockerfile').healthcheck, { INTERNAL_PORT: String(at) }),
  keycloak: (at: number) => exitCode(keycloak(at)),
};

test.each(Object.entries(checks))('of the %s: healthy is who is ready', async (_, check) => {
  status = 200;
  expect(await check(port)).toBe(0);
  expect(asked).toBe('/health/ready');
  status = 503;
  expect(await check(port)).toBe(1);
  expect(await check(1)).toBe(1);
});
