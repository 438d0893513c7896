import { expect, test } from 'vitest';
import { createNeighbours } from './neighbours.ts';

test('one that asks alone has no neighbours, until another asks and for a while after that', () => {
  let now = 5;
  const neighbours = createNeighbours<string>(() => now);
  expect(neighbours.areThere()).toBe(false);
  neighbours.seen('a');
  neighbours.seen('a');
  expect(neighbours.areThere()).toBe(false);
  neighbours.seen('b');
  expect(neighbours.areThere()).toBe(true);
  now += 9_000;
  neighbours.seen('b');
  expect(neighbours.areThere()).toBe(true);
  now += 1_000;
  expect(neighbours.areThere()).toBe(false);
});

test('two that ask by turns are never alone, however seldom one of them asks', () => {
  let now = 5;
  const neighbours = createNeighbours<string>(() => now);
  neighbours.seen('loud');
  neighbours.seen('quiet');
  for (let i = 0; i < 30; i++) {
    now += 3_000;
    neighbours.seen('loud');
    expect(neighbours.areThere()).toBe(true);
    if (i % 2) neighbours.seen('quiet');
  }
});
