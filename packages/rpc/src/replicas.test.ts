import { expect, test } from 'vitest';
import { createReplicas, type Replica } from './replicas.ts';

function three() {
  let clock = 1_000_000;
  const replicas = createReplicas(['http://a', 'http://b', 'http://c'], () => clock);
  const [a, b, c] = replicas.all as [Replica, Replica, Replica];
  const pass = (ms: number) => {
    clock += ms;
  };
  /** Whom the next requests go to, one after another. */
  const next = (count: number): string =>
    Array.from({ length: count }, () => {
      const replica = replicas.take();
      replicas.release(replica);
      return replica.url.at(-1);
    }).join('');
  return { replicas, a, b, c, pass, next };
}

test('those with as little to do take turns', () => {
  const { next } = three();
  expect([...next(6)].sort().join('')).toBe('aabbcc');
});

test('a busy one is left to its work', () => {
  const { replicas, next } = three();
  const busy = replicas.take();
  expect(next(4)).not.toContain(busy.url.at(-1));
});

test('one that broke gets nothing for a moment, then one request, and with an answer its share', () => {
  const { replicas, a, next, pass } = three();
  replicas.failed(a, 'broken');
  expect(next(6)).not.toContain('a');
  pass(1_001);
  expect(next(6).replaceAll(/[bc]/g, '')).toBe('a');
  replicas.answered(a, undefined);
  expect(next(6).replaceAll(/[bc]/g, '')).toBe('aa');
});

test('one that was silent is left alone for longer', () => {
  const { replicas, a, next, pass } = three();
  replicas.failed(a, 'silent');
  pass(4_900);
  expect(next(6)).not.toContain('a');
  pass(200);
  expect(next(6)).toContain('a');
});

test('one about to stop is left until it must be gone, unless the others are away', () => {
  const { replicas, a, b, c, next, pass } = three();
  replicas.answered(a, '3000');
  expect(next(6)).not.toContain('a');
  replicas.failed(b, 'broken');
  replicas.reported(c, 'away');
  expect(next(3)).toBe('aaa');
  pass(3_501);
  replicas.reported(c, 'ready');
  expect(next(6)).toContain('a');
});

test('what its readiness says counts at once, and for as long as it says so', () => {
  const { replicas, a, b, c, next, pass } = three();
  replicas.reported(a, 'away');
  replicas.reported(b, 'stopping');
  expect(next(3)).toBe('ccc');
  pass(60_000);
  expect(next(6)).not.toContain('a');
  replicas.failed(c, 'broken');
  replicas.reported(a, 'ready');
  replicas.reported(c, 'ready');
  expect([...next(6)].sort().join('')).toBe('aabbcc');
});

test('with all of them away everyone is tried all the same', () => {
  const { replicas, next } = three();
  for (const replica of replicas.all) replicas.failed(replica, 'broken');
  expect(new Set(next(6))).toEqual(new Set('abc'));
});

test('with all of them away one in trouble comes before one without a connection, and a second try goes elsewhere', () => {
  const { replicas, a, b, c, next } = three();
  replicas.failed(a, 'broken');
  replicas.reported(b, 'away');
  replicas.failed(c, 'broken');
  expect(next(3)).toBe('bbb');
  expect(replicas.take(b)).not.toBe(b);
});

test('an only one is always the one', () => {
  const replicas = createReplicas(['http://a']);
  const only = replicas.take();
  replicas.failed(only, 'broken');
  replicas.answered(only, '3000');
  expect(replicas.take()).toBe(only);
});
