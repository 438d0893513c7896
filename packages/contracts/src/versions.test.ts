import { describe, expect, test } from 'vitest';
import { API_VERSIONS, NEWEST_VERSION, resolveVersion } from './versions.ts';

const TODAY = new Date('2026-06-15T12:00:00Z');

test('the versions are listed oldest first', () => {
  expect([...API_VERSIONS].sort()).toEqual(API_VERSIONS);
  expect(API_VERSIONS.at(-1)).toBe(NEWEST_VERSION);
});

describe('resolveVersion', () => {
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
