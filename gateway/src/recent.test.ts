import { expect, it } from 'vitest';
import { createRecent } from './recent.ts';

it('holds no more than it may, and forgets what was not used for longest', () => {
  const recent = createRecent<number>(100);
  recent.set('used', 0);
  for (let i = 1; i <= 1_000; i++) {
    recent.set(`key ${i}`, i);
    expect(recent.get('used')).toBe(0);
  }
  const held = Array.from({ length: 1_001 }, (_, i) => recent.get(`key ${i}`)).filter((n) => n !== undefined);
  expect(held.length).toBeGreaterThanOrEqual(49);
  expect(held.length).toBeLessThanOrEqual(99);
  expect(held.at(-1)).toBe(1_000);
});

it('has nothing of what was deleted, in whichever generation it was', () => {
  const recent = createRecent<string>(4);
  recent.set('a', 'first');
  recent.set('b', 'b');
  recent.set('c', 'c');
  recent.set('a', 'second');
  recent.delete('a');
  expect(recent.get('a')).toBeUndefined();
  expect(recent.get('c')).toBe('c');
});
