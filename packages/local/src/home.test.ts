import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureBootstrapFile } from './bootstrap-file.ts';
import { emptyHome, holdHome, openHome } from './home.ts';

const gateway = 'http://127.0.0.1:4000';
let parent: string;
let dir: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'plinth-home-'));
  dir = join(parent, 'home');
});
afterEach(() => rmSync(parent, { recursive: true }));

test('secrets are made once, and only their owner reads them', () => {
  const release = holdHome(dir, gateway);
  const { masterKey } = openHome(dir);
  expect(masterKey).toMatch(/^v1:[A-Za-z0-9+/]{43}=$/);
  expect(openHome(dir).masterKey).toBe(masterKey);
  expect(statSync(join(dir, 'master-key')).mode & 0o777).toBe(0o600);
  expect(statSync(dir).mode & 0o066).toBe(0);
  release();
});

test('a folder with other things in it is left alone', () => {
  mkdirSync(dir);
  writeFileSync(join(dir, 'thesis.txt'), 'years of work');
  expect(() => holdHome(dir, gateway)).toThrow('is not empty and not a Plinth home');
  expect(readdirSync(dir)).toEqual(['thesis.txt']);
});

test('a reset deletes what Plinth has made and nothing else', () => {
  const release = holdHome(dir, gateway);
  const { masterKey, postgresDir, keysDir } = openHome(dir);
  for (const folder of [postgresDir, keysDir]) mkdirSync(folder);
  writeFileSync(join(dir, 'bootstrap.json.tmp'), 'a crash left this');
  writeFileSync(join(dir, 'thesis.txt'), 'years of work');
  expect(emptyHome(dir)).toEqual(['thesis.txt']);
  expect(existsSync(postgresDir)).toBe(false);
  expect(readdirSync(dir).sort()).toEqual(['lock', 'plinth-home', 'thesis.txt']);
  expect(openHome(dir).masterKey).not.toBe(masterKey);
  release();
});

test('the first organization and its owner stay the same from start to start', () => {
  const release = holdHome(dir, gateway);
  const { bootstrapFile } = openHome(dir);
  const first = ensureBootstrapFile(bootstrapFile, { email: 'a@plinth.local', password: undefined });
  expect(first.isNew).toBe(true);
  const second = ensureBootstrapFile(bootstrapFile, { email: 'a@plinth.local', password: 'something else' });
  expect(second).toEqual({ ...first, isNew: false, passwordIgnored: true });
  const other = ensureBootstrapFile(bootstrapFile, { email: 'b@plinth.local', password: 'chosen for b' });
  expect(other).toMatchObject({
    organizationId: first.organizationId,
    admin: { email: 'b@plinth.local', password: 'chosen for b' },
    isNew: true,
  });
  release();
});
