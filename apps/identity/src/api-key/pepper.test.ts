import { createHash } from 'node:crypto';
import { createMasterKey } from '@plinth/passport';
import { expect, test } from 'vitest';
import { createPepper } from './pepper.ts';

const entry = (version: number) => `v${version}:${Buffer.alloc(32, version).toString('base64')}`;
const pepperOf = (...versions: number[]) => createPepper(createMasterKey(versions.map(entry).join(',')));
const digest = createHash('sha256').update('a secret').digest('base64url');
const other = createHash('sha256').update('another secret').digest('base64url');

test('knows a secret again by its hash, and no other', () => {
  const pepper = pepperOf(1);
  const stored = pepper.hash(digest);
  expect(pepper.matches(digest, stored)).toBe(true);
  for (const wrong of [other, '', 'x', digest.slice(1)]) expect(pepper.matches(wrong, stored)).toBe(false);
  expect(pepper.matches(digest, undefined)).toBe(false);
});

test('an older version of the master key still verifies, until it is gone', () => {
  const stored = pepperOf(1).hash(digest);
  const both = pepperOf(2, 1);
  expect([both.matches(digest, stored), both.isOld(stored)]).toEqual([true, true]);
  const renewed = both.hash(digest);
  expect([both.isOld(renewed), pepperOf(2).matches(digest, renewed)]).toEqual([false, true]);
  expect(pepperOf(2).matches(digest, stored)).toBe(false);
  expect(pepperOf(1).matches(digest, renewed)).toBe(false);
});
