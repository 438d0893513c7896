import { expect, it } from 'vitest';
import { createBreaker } from './breaker.ts';

it('opens after failures in a row, then lets one try through at a time', () => {
  let now = 0;
  const breaker = createBreaker({ now: () => now, maxFailures: 2, pauseMs: 1_000, togetherMs: 0 });
  breaker.failed();
  breaker.succeeded();
  breaker.failed();
  expect(breaker.isOpen).toBe(false);
  expect(breaker.mayTry()).toBe(true);
  breaker.failed();
  expect(breaker.isOpen).toBe(true);
  expect(breaker.mayTry()).toBe(false);

  now = 1_000;
  expect(breaker.mayTry()).toBe(true);
  expect(breaker.mayTry()).toBe(false);
  breaker.failed();
  now = 1_999;
  expect(breaker.mayTry()).toBe(false);
  now = 2_000;
  expect(breaker.mayTry()).toBe(true);
  breaker.succeeded();
  expect(breaker.isOpen).toBe(false);
  expect(breaker.mayTry()).toBe(true);
});

it('stays closed over one hiccup that fails many calls at once', () => {
  let now = 0;
  const breaker = createBreaker({ now: () => now, maxFailures: 2, pauseMs: 1_000, togetherMs: 50 });
  for (let i = 0; i < 100; i++) breaker.failed();
  now = 49;
  breaker.failed();
  expect(breaker.isOpen).toBe(false);
  now = 50;
  breaker.failed();
  expect(breaker.isOpen).toBe(true);
});
