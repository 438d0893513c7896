import { describe, expect, test } from 'vitest';
import { AppError, ERROR_CODES, statusOf, summaryOf, validationError } from './errors.ts';

describe('the catalogue', () => {
  test.each(ERROR_CODES)('%s has an error status and one sentence', (code) => {
    expect(code).toMatch(/^[A-Z][A-Z_]+$/);
    expect(statusOf(code)).toBeGreaterThanOrEqual(400);
    expect(statusOf(code)).toBeLessThan(600);
    expect(summaryOf(code)).toMatch(/^[A-Z].*[^.]$/);
  });
});

describe('AppError', () => {
  test('says the summary of its code unless it has a message of its own', () => {
    expect(new AppError('CONFLICT')).toMatchObject({ status: 409, message: summaryOf('CONFLICT') });
    expect(new AppError('CONFLICT', { message: 'Taken' }).message).toBe('Taken');
  });

  test('says when to come back wherever a repeat can help', () => {
    for (const code of ERROR_CODES) {
      const canHelp = [429, 502, 503, 504].includes(statusOf(code));
      expect(new AppError(code).retryAfter !== undefined, code).toBe(canHelp);
    }
    expect(new AppError('RATE_LIMITED', { retryAfter: 7 }).retryAfter).toBe(7);
  });

  test('keeps its cause for the log', () => {
    const cause = new Error('the disk is on fire');
    expect(new AppError('INTERNAL_ERROR', { cause }).cause).toBe(cause);
  });
});

test('a validation error names every field in its message and its details', () => {
  const fields = [
    { path: 'slug', code: 'too_small', message: 'is too short' },
    { path: '', code: 'invalid_type', message: 'the body must be a JSON object' },
  ];
  const error = validationError(fields);
  expect(error.message).toBe('Invalid request: slug: is too short; the body must be a JSON object');
  expect(error.details).toEqual({ fields });
});

test('a validation error names a hundred fields at most', () => {
  const fields = Array.from({ length: 1_000 }, (_, i) => ({ path: `f${i}`, code: 'x', message: 'is wrong' }));
  expect(validationError(fields).details).toEqual({ fields: fields.slice(0, 100) });
  expect(validationError(fields).message).not.toContain('f100');
});
