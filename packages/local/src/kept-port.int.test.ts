import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptPort } from './kept-port.ts';
import { createPorts, HOST } from './ports.ts';

test('a port stays the same from start to start, until another program has it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-port-'));
  const file = join(folder, 'postgres.port');
  const port = await keptPort(file, createPorts());
  expect(await keptPort(file, createPorts())).toBe(port);

  const stranger = createServer().listen(port, HOST);
  await once(stranger, 'listening');
  const other = await keptPort(file, createPorts());
  stranger.close();
  expect(other).not.toBe(port);
  expect(await keptPort(file, createPorts())).toBe(other);
  rmSync(folder, { recursive: true });
});
