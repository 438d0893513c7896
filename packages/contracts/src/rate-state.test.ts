import { expect, test } from 'vitest';
import { fromRatesHeader, toRatesHeader } from './rate-state.ts';

const state = { policy: 'principal', quota: 600, windowSeconds: 60, remaining: 599, resetSeconds: 1 };

test('what the gateway has counted arrives as it was sent', () => {
  expect(fromRatesHeader(toRatesHeader([state]))).toEqual([state]);
  expect(fromRatesHeader(toRatesHeader([]))).toEqual([]);
});

test.each([undefined, '', 'x', '{}', '[{}]', '[{"policy":"principal","quota":"600"}]'])(
  '%j tells nothing',
  (text) => {
    expect(fromRatesHeader(text)).toBeUndefined();
  },
);
