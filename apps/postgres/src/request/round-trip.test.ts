import { AppError } from '@plinth/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyRowsUrl, NOWHERE } from '../testing/any-rows-url.ts';
import { writeRowsUrl } from '../testing/write-rows-url.ts';
import type { RowsUrl } from './ast.ts';
import { parseCallUrl, parseRowsUrl } from './rows-url.ts';

/** The same, but for where in the text it stood. */
function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    key === 'at' ? NOWHERE : withoutPlaces(inner),
  ]);
  return Object.fromEntries(entries);
}

test('whatever can be asked is read as it was written', () => {
  fc.assert(
    fc.property(anyRowsUrl, (url) => {
      expect(withoutPlaces(parseRowsUrl(writeRowsUrl(url)))).toEqual(withoutPlaces(url));
    }),
    { numRuns: 500 },
  );
});

/** What was read, or undefined where it was refused as it should be. */
function outcome(query: string): RowsUrl | undefined {
  try {
    return parseCallUrl(query).url && parseRowsUrl(query);
  } catch (error) {
    if (!(error instanceof AppError) || error.status !== 400) throw error;
    expect(error.message.length).toBeLessThan(500);
    expect(error.message.isWellFormed()).toBe(true);
    return undefined;
  }
}

const TOKENS = [
  'a',
  'b1',
  'not',
  'and',
  'or',
  'eq',
  'in',
  'is',
  'null',
  'fts',
  'any',
  'count',
  'sum',
  'asc',
  'desc',
  'inner',
  'select',
  'order',
  'limit',
  'having',
  'on',
  '(',
  ')',
  '{',
  '}',
  ',',
  '.',
  '..',
  '...',
  '"',
  '\\',
  ':',
  '::',
  '->',
  '->>',
  '-',
  '!',
  '*',
  '=',
  '&',
  '+',
  '%20',
  '%22',
  '%C3%A9',
  '%F0%9F%98%80',
  '%',
  '1',
  '-1',
  '()',
  '=eq.',
  '=(',
  ' ',
];

test('anything at all is read or refused with 400', () => {
  let read = 0;
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
    fc.array(fc.constantFrom(...TOKENS), { maxLength: 30 }).map((tokens) => tokens.join('')),
    fc
      .tuple(
        fc.constantFrom('select=', 'order=', 'or=(', 'a=', 'having=('),
        fc.array(fc.constantFrom(...TOKENS), { maxLength: 12 }),
      )
      .map(([start, tokens]) => start + tokens.join('')),
  );
  fc.assert(
    fc.property(anything, (query) => {
      if (outcome(query)) read++;
    }),
    { numRuns: 5_000 },
  );
  expect(read).toBeGreaterThan(50);
});

test('a valid request with a few characters changed is read or refused with 400', () => {
  fc.assert(
    fc.property(anyRowsUrl, fc.nat(), fc.constantFrom(...TOKENS), (url, where, token) => {
      const query = writeRowsUrl(url);
      const at = where % (query.length + 1);
      outcome(query.slice(0, at) + token + query.slice(at + 1));
    }),
    { numRuns: 500 },
  );
});

test('texts that invite going back and forth take no time', () => {
  const length = 16_000;
  const before = process.cpuUsage();
  for (const token of TOKENS)
    for (const start of ['', 'select=', 'order=', 'or=(', 'a=in.(', 'a=eq(any).{', 'having=(', 'select=a->'])
      for (const repeated of [token, `${token},`, `"${token}`, `${token}"`, `${token}\\`])
        outcome(start + repeated.repeat(length / repeated.length));
  // Of work, not of waiting for a turn on a busy machine. Going back and forth would take hours.
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(20_000);
});
