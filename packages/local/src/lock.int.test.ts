import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock } from './lock.ts';
import { markOf } from './process-identity.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'plinth-lock-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const gateway = 'http://127.0.0.1:4000';
const writeLock = (content: unknown) => writeFileSync(join(home, 'lock'), JSON.stringify(content));

test('a second start is told who holds the home, and where', () => {
  const release = acquireLock(home, gateway);
  expect(() => acquireLock(home, gateway)).toThrow(`process ${process.pid}, at ${gateway}`);
  release();
  acquireLock(home, gateway)();
  expect(readdirSync(home)).toEqual([]);
});

test('the lock of a process that is gone is taken over', async () => {
  const gone = fork(new URL('./supervisor/fixtures/server.ts', import.meta.url), ['0', 'well']);
  const mark = markOf(gone.pid ?? 0);
  writeLock({ ...mark, gateway });
  expect(() => acquireLock(home, gateway)).toThrow(`process ${gone.pid}`);
  gone.kill('SIGKILL');
  await once(gone, 'exit');
  acquireLock(home, gateway)();
});

test('the same number on another process does not hold a lock', () => {
  writeLock({ pid: process.pid, identity: `${process.pid} 1`, gateway });
  acquireLock(home, gateway)();
});

test('a lock cut short by a crash is taken over', () => {
  writeFileSync(join(home, 'lock'), '{"pid":');
  acquireLock(home, gateway)();
});
