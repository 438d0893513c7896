import { describe, expect, test } from 'vitest';
import { refusalOf } from '../testing/refusal.ts';
import { parseAccept, parseContentType } from './media-types.ts';
import { parsePreferences } from './preferences.ts';
import { narrow, parseRange } from './row-range.ts';
import { parseRowsUrl } from './rows-url.ts';

describe('Prefer', () => {
  test('says nothing where it is not sent', () => {
    expect(parsePreferences(undefined)).toEqual({
      return: undefined,
      count: undefined,
      resolution: undefined,
      missing: undefined,
      handling: undefined,
      maxAffected: undefined,
      isolation: undefined,
      numbers: undefined,
      applied: [],
    });
    expect(parsePreferences('').applied).toEqual([]);
  });

  const read: [string, object][] = [
    ['return=representation', { return: 'representation' }],
    ['count=exact,return=minimal', { count: 'exact', return: 'minimal' }],
    [' RETURN = headers-only ,, count="planned" ; foo=bar', { return: 'headers-only', count: 'planned' }],
    ['resolution=merge-duplicates, missing=default', { resolution: 'merge-duplicates', missing: 'default' }],
    ['count=exact, count=planned', { count: 'exact' }],
    ['max-affected=0, handling=strict', { maxAffected: 0, handling: 'strict' }],
    ['isolation=serializable, numbers=string', { isolation: 'serializable', numbers: 'string' }],
    ['handling=strict, wait=10, respond-async, tx=commit', { handling: 'strict' }],
    ['count=none, foo, bar=1, timezone=UTC', { count: undefined, applied: [] }],
    ['handling=lenient, foo, __proto__=1, constructor', { applied: ['handling=lenient'] }],
    ['numbers=string, wait=3, count=exact, foo=1', { applied: ['numbers=string', 'count=exact'] }],
  ];
  test.each(read)('%s', (header, expected) => expect(parsePreferences(header)).toMatchObject(expected));

  const refused: [string, string[]][] = [
    ['handling=strict, foo, count=some, bar=1', ['foo', 'count=some', 'bar=1']],
    ['foo, handling=strict', ['foo']],
    ['timezone=UTC,handling=strict', ['timezone=UTC']],
    ['tx=rollback', ['tx=rollback']],
    ['max-affected=few', ['max-affected=few']],
    ['max-affected', ['max-affected']],
    ['max-affected=-1', ['max-affected=-1']],
    ['isolation=chaos', ['isolation=chaos']],
    ['__proto__=1, handling=strict', ['__proto__=1']],
  ];
  test.each(refused)('%s is refused', (header, preferences) => {
    expect(refusalOf(() => parsePreferences(header))).toMatchObject({
      code: 'INVALID_PREFERENCE',
      message: expect.stringContaining(preferences.join(', ')),
      details: { preferences },
    });
  });
});

describe('Accept', () => {
  const read: [string | undefined, string, boolean][] = [
    [undefined, 'array', false],
    ['', 'array', false],
    ['*/*', 'array', false],
    ['application/json', 'array', false],
    ['Application/JSON; charset=utf-8', 'array', false],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'array', false],
    ['application/vnd.pgrst.object+json', 'object', false],
    ['application/vnd.pgrst.object+json;nulls=stripped', 'object', true],
    ['application/vnd.pgrst.array+json; nulls=stripped', 'array', true],
    ['application/json;nulls=stripped', 'array', true],
    ['text/csv', 'csv', false],
    ['text/*', 'csv', false],
    ['application/x-ndjson', 'ndjson', false],
    ['text/csv, application/json', 'csv', false],
    ['text/csv;q=0.5, application/json', 'array', false],
    ['text/csv;q=0.5, application/json;q=0.6', 'array', false],
    ['application/json;q=0, */*', 'csv', false],
    ['application/*, application/json;q=0', 'ndjson', false],
    ['image/png, text/csv;q=0.1', 'csv', false],
  ];
  test.each(read)('%s is for %s', (header, format, stripsNulls) =>
    expect(parseAccept(header)).toEqual({ format, stripsNulls }),
  );

  test.each(['image/png', 'application/geo+json', 'text/csv;q=0', 'json', 'constructor', '__proto__'])(
    '%s is not served',
    (header) => {
      expect(refusalOf(() => parseAccept(header))).toMatchObject({
        code: 'NOT_ACCEPTABLE',
        message: expect.stringContaining('application/json, application/vnd.pgrst.object+json, text/csv'),
      });
    },
  );
});

describe('Content-Type', () => {
  const read: [string | undefined, string][] = [
    [undefined, 'json'],
    ['application/json', 'json'],
    ['application/json; charset=UTF-8', 'json'],
    ['application/vnd.pgrst.object+json', 'json'],
    ['text/csv;charset="utf-8"', 'csv'],
    ['application/x-ndjson', 'ndjson'],
  ];
  test.each(read)('%s is %s', (header, format) => expect(parseContentType(header)).toBe(format));

  test.each([
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json;charset=latin1',
    'json',
  ])('%j is not supported', (header) =>
    expect(refusalOf(() => parseContentType(header)).code).toBe('UNSUPPORTED_MEDIA_TYPE'),
  );
});

describe('Range', () => {
  const ranges: [string | undefined, string | undefined, unknown][] = [
    [undefined, undefined, undefined],
    ['0-24', undefined, { first: 0, last: 24 }],
    ['0-24', 'items', { first: 0, last: 24 }],
    ['items=0-24', undefined, { first: 0, last: 24 }],
    [' 10- ', 'Items', { first: 10, last: undefined }],
    ['5-5', undefined, { first: 5, last: 5 }],
    ['0-999999999', undefined, { first: 0, last: 999_999_999 }],
    ['bytes=0-24', undefined, undefined],
    ['0-24', 'bytes', undefined],
  ];
  test.each(ranges)('%s in %s', (range, unit, expected) => expect(parseRange(range, unit)).toEqual(expected));

  test.each(['', 'x', '-5', '24-0', '0-24,30-40', '0-1e3', 'items=', '0-9999999999999999'])(
    '%j is refused',
    (range) => expect(refusalOf(() => parseRange(range, undefined)).code).toBe('INVALID_RANGE'),
  );

  const narrowed: [string, string | undefined, object][] = [
    ['', '0-24', { offset: 0, limit: 25 }],
    ['', '10-', { offset: 10, limit: undefined }],
    ['limit=5', '0-24', { offset: 0, limit: 5 }],
    ['limit=50', '10-19', { offset: 10, limit: 10 }],
    ['offset=15', '10-19', { offset: 15, limit: 5 }],
    ['offset=15&limit=100', '10-', { offset: 15, limit: 100 }],
    ['limit=0', '0-24', { offset: 0, limit: 0 }],
    ['limit=3', undefined, { offset: undefined, limit: 3 }],
  ];
  test.each(narrowed)('%s with %s asks for rows of both', (query, range, expected) => {
    expect(narrow(parseRowsUrl(query), parseRange(range, undefined))).toMatchObject(expected);
  });

  test('with limit and offset of other rows is refused', () => {
    for (const query of ['offset=25', 'limit=10&offset=30'])
      expect(refusalOf(() => narrow(parseRowsUrl(query), { first: 0, last: 24 })).code).toBe('INVALID_RANGE');
    expect(refusalOf(() => narrow(parseRowsUrl('limit=5'), { first: 5, last: 9 })).code).toBe(
      'INVALID_RANGE',
    );
  });
});
