import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idSchema, isIdOf, newId } from './ids.ts';

test('an id is the prefix of its kind and a ULID', () => {
  expect(newId('tenant')).toMatch(/^tnt_[0-9A-HJKMNP-TV-Z]{26}$/);
  expect(newId('workspace')).toMatch(/^wks_/);
});

test('ids sort by the millisecond of their birth', () => {
  const moment = fc.integer({ min: 0, max: 2 ** 48 - 2 });
  fc.assert(
    fc.property(moment, fc.integer({ min: 1, max: 1_000 }), (born, later) => {
      expect(newId('user', born) < newId('user', Math.min(born + later, 2 ** 48 - 1))).toBe(true);
    }),
  );
});

test('the time is written as other ULID readers expect it', () => {
  expect(newId('event', 1_469_918_176_385).slice(4, 14)).toBe('01ARYZ6S41');
});

test('no two ids of one millisecond are the same', () => {
  const ids = Array.from({ length: 1_000 }, () => newId('member', 0));
  expect(new Set(ids).size).toBe(1_000);
});

test('the schema takes any spelling of its own kind, so that a stranger’s id can be a 404', () => {
  const schema = idSchema('tenant');
  for (const id of [newId('tenant'), 'tnt_1', 'tnt_lower']) expect(schema.safeParse(id).success).toBe(true);
  for (const id of ['', 'tnt_', 'wks_1', 'tnt_a/b', 'tnt_a\n', ' tnt_a', `tnt_${'a'.repeat(41)}`, 7]) {
    expect(schema.safeParse(id).success, String(id)).toBe(false);
  }
});

test('an id of a kind is known by every letter of it', () => {
  const id = newId('serviceAccount');
  expect(isIdOf('serviceAccount', id)).toBe(true);
  for (const text of [
    newId('user'),
    'sva_',
    'sva_1',
    id.toLowerCase(),
    ` ${id}`,
    `${id}\n`,
    `${id}0`,
    id.slice(0, -1),
    `${id.slice(0, -1)}I`,
  ]) {
    expect(isIdOf('serviceAccount', text), text).toBe(false);
  }
});
