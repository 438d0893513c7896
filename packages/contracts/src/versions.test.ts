import { describe, expect, test } from 'vitest';
import { deprecation } from './deprecation.ts';
import {
  API_VERSIONS,
  DEPRECATED_VERSIONS,
  NEWEST_VERSION,
  OLDEST_VERSION,
  resolveVersion,
  statusOfVersion,
  successorOf,
} from './versions.ts';

const TODAY = new Date('2026-06-15T12:00:00Z');

test('the versions are listed oldest first', () => {
  expect([...API_VERSIONS].sort()).toEqual(API_VERSIONS);
  expect(API_VERSIONS.at(-1)).toBe(NEWEST_VERSION);
  expect(API_VERSIONS[0]).toBe(OLDEST_VERSION);
});

test('every deprecated version is announced six months before its end', () => {
  for (const { since, sunset } of Object.values(DEPRECATED_VERSIONS))
    expect(() => deprecation(since, sunset)).not.toThrow();
});

test('the newest version is never deprecated: there would be nothing to go to', () => {
  expect(Object.keys(DEPRECATED_VERSIONS)).not.toContain(NEWEST_VERSION);
});

test('a version is supported, then deprecated, then retired, while the newest is current', () => {
  const deprecations = { [OLDEST_VERSION]: deprecation('2026-06-01', '2027-01-01') };
  const statusAt = (day: string) => statusOfVersion(OLDEST_VERSION, deprecations, new Date(day));
  expect(statusAt('2026-05-31')).toBe('supported');
  expect(statusAt('2026-06-01')).toBe('deprecated');
  expect(statusAt('2027-01-01')).toBe('retired');
  expect(statusOfVersion(OLDEST_VERSION, {}, TODAY)).toBe('supported');
  expect(statusOfVersion(NEWEST_VERSION, deprecations, TODAY)).toBe('current');
  expect(successorOf(OLDEST_VERSION, deprecations)).toBe(API_VERSIONS[1]);
});

describe('resolveVersion', () => {
  test('serves a published version whatever the clock says', () => {
    expect(resolveVersion(NEWEST_VERSION, new Date('2020-01-01'))).toBe(NEWEST_VERSION);
  });

  test('serves a published date, and the one before for a date between', () => {
    expect(resolveVersion('2024-01-01', TODAY)).toBe('2024-01-01');
    expect(resolveVersion('2025-02-28', TODAY)).toBe('2024-01-01');
    expect(resolveVersion('2026-06-15', TODAY)).toBe('2024-01-01');
  });

  test('has nothing before the first version, nor tomorrow', () => {
    expect(resolveVersion('2023-12-31', TODAY)).toBeUndefined();
    expect(resolveVersion('2026-06-16', TODAY)).toBeUndefined();
  });

  test.each([
    '',
    '2024-1-1',
    '2024-02-30',
    '2025-02-29',
    '2024-13-01',
    '2024-01-01 ',
    '2024-01-01T00:00:00Z',
    'latest',
    '20240101',
  ])('refuses %j', (asked) => {
    expect(resolveVersion(asked, TODAY)).toBeUndefined();
  });
});
