import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMasterKey } from './master-key.ts';

const key = (): string => randomBytes(32).toString('base64');

describe('a master key', () => {
  it('gives each purpose and version its own 32 bytes, the newest first', () => {
    const [old, recent] = [key(), key()];
    const before = createMasterKey(`v0:${old}`);
    const after = createMasterKey(`v1:${recent}, v0:${old}`);
    expect(after.versions).toEqual([1, 0]);
    expect(after.derive('cursor')).toHaveLength(2);
    expect(after.derive('cursor')[1]).toEqual(before.derive('cursor')[0]);
    expect(after.derive('cursor')[0]).toEqual(createMasterKey(`v1:${recent}`).derive('cursor')[0]);
    const all = [...after.derive('cursor'), ...after.derive('api key')].map((bytes) => bytes.toString('hex'));
    expect(new Set(all).size).toBe(4);
    expect(all.every((hex) => hex.length === 64)).toBe(true);
  });

  it.each([
    ['nothing', '', 'entry 1'],
    ['no version', key(), 'entry 1'],
    ['a short key', `v1:${randomBytes(16).toString('base64')}`, '16 bytes instead of 32'],
    ['what is not base64', `v1:${'*'.repeat(44)}`, 'entry 1'],
    ['a bad second entry', `v1:${key()},v0`, 'entry 2'],
    ['the oldest first', `v0:${key()},v1:${key()}`, 'newest first'],
    ['a version twice', `v1:${key()},v1:${key()}`, 'each of them once'],
  ])('refuses %s without telling what it was', (_, spec, words) => {
    const error = catchError(() => createMasterKey(spec));
    expect(error.message).toContain(words);
    for (const part of spec.split(/[:,]/).filter((piece) => piece.length > 8)) {
      expect(String(error.stack)).not.toContain(part);
    }
  });
});

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
