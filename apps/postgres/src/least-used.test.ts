import { expect, it } from 'vitest';
import { createLeastUsed } from './least-used.ts';

it('lets go of the entry that was not used for longest', () => {
  const kept = createLeastUsed<number>(3);
  for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3 }))
    expect(kept.add(key, value)).toBeUndefined();
  expect(kept.get('a')).toBe(1);
  expect(kept.add('d', 4)).toBe(2);
  expect(kept.get('b')).toBeUndefined();
  expect([...kept.values()].sort()).toEqual([1, 3, 4]);
});

it('makes no room for what it holds already', () => {
  const kept = createLeastUsed<number>(2);
  kept.add('a', 1);
  kept.add('b', 2);
  expect(kept.add('a', 3)).toBeUndefined();
  expect([kept.get('a'), kept.get('b')]).toEqual([3, 2]);
});

it('forgets what it is told to', () => {
  const kept = createLeastUsed<number>(2);
  kept.add('a', 1);
  expect([kept.delete('a'), kept.delete('a'), kept.get('a')]).toEqual([1, undefined, undefined]);
});
