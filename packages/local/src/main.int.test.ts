import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inheritedEnv } from './env.ts';
import { holdHome } from './home.ts';
import { createPorts } from './ports.ts';

// What `npm start` refuses before it starts anything.

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'plinth-main-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function run(args: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  // biome-ignore lint/style/noProcessEnv: what it would be started with, and no settings.
  const inherited = inheritedEnv(process.env);
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...inherited, PLINTH_HOME: home, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}

test('an unknown option is refused with the usage', async () => {
  const { code, output } = await run(['--rest'], {});
  expect(code).toBe(1);
  expect(output).toContain("Unknown option '--rest'");
  expect(output).toContain('Usage: npm start');
});

test('all wrong settings are named at once', async () => {
  const { code, output } = await run([], { PLINTH_PORT: 'http', PLINTH_SIGNUPS: 'maybe', KEYCLOAK_URL: 'x' });
  expect(code).toBe(1);
  for (const name of ['PLINTH_PORT', 'PLINTH_SIGNUPS', 'KEYCLOAK_URL']) expect(output).toContain(name);
});

test('a busy port is told with the setting that changes it', async () => {
  const port = await createPorts()();
  const stranger = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(stranger, 'listening');
  const { code, output } = await run([], { PLINTH_PORT: String(port) });
  stranger.close();
  expect(code).toBe(1);
  expect(output).toContain(`Port ${port} is taken: another program listens there`);
  expect(output).toContain(`PLINTH_PORT=${port + 1} npm start`);
});

test('a busy port says so when another Plinth has it', async () => {
  const port = await createPorts()();
  const plinth = createHttpServer((_request, response) => {
    response.writeHead(200, { 'x-correlation-id': 'c0ffee00', 'x-api-version': '2026-01-01' }).end();
  }).listen(port, '127.0.0.1');
  await once(plinth, 'listening');
  const { output } = await run([], { PLINTH_PORT: String(port) });
  plinth.close();
  expect(output).toContain(`Port ${port} is taken: another Plinth answers there`);
});

test('a home in use is refused, for a reset as well', async () => {
  const release = holdHome(home, 'http://127.0.0.1:4321');
  for (const args of [[], ['--reset']]) {
    const { code, output } = await run(args, {});
    expect(code).toBe(1);
    expect(output).toContain(
      `Plinth already runs with this home: process ${process.pid}, at http://127.0.0.1:4321`,
    );
  }
  release();
});

test('a reset of a folder that is not a Plinth home deletes nothing', async () => {
  writeFileSync(join(home, 'postgres'), 'not ours');
  const { code, output } = await run(['--reset'], {});
  expect(code).toBe(1);
  expect(output).toContain('not a Plinth home');
  expect(existsSync(join(home, 'postgres'))).toBe(true);
});
