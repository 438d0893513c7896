import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRowsBody } from '../request/body/rows-body.ts';
import { parsePreferences } from '../request/preferences.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import { refusalOf } from '../testing/refusal.ts';
import { contentRange, pageStatus } from './content-range.ts';
import { csvOf } from './csv.ts';
import { elementsOf, membersOf } from './json-text.ts';
import { locationOf } from './location.ts';
import { contentTypeOf } from './media-type.ts';
import { ndjsonOf } from './ndjson.ts';
import { preferenceApplied } from './preference-applied.ts';

describe('JSON as text', () => {
  const spaced = fc.constantFrom(undefined, 1, '\n \t');

  test('is taken apart into what JSON.parse finds in it', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), spaced, (values, space) => {
        const parts = [...elementsOf(JSON.stringify(values, null, space))];
        expect(parts.map((part) => JSON.parse(part))).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), spaced, (values, space) => {
        const members = [...membersOf(JSON.stringify(values, null, space))];
        expect(members.map(([key, value]) => [key, JSON.parse(value)])).toEqual(
          Object.entries(JSON.parse(JSON.stringify(values))),
        );
      }),
    );
  });

  test('keeps every digit, and has no depth that is too much', () => {
    expect([...elementsOf('[9007199254740993, 1.10 ,-0]')]).toEqual(['9007199254740993', '1.10', '-0']);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect([...membersOf(`{"a":${deep},"b":null}`)]).toEqual([
      ['a', deep],
      ['b', 'null'],
    ]);
    expect([...elementsOf(' [ ] ')]).toEqual([]);
    expect([...membersOf('{}')]).toEqual([]);
  });
});

describe('CSV', () => {
  test('has a line for the columns and one for each row, in the order of the columns', () => {
    const rows = String.raw`[{"id":9007199254740993,"a b":"x"}, 
 {"a b":"say \"hi\",\nyou","id":null}, {"id":"","a b":true}, {"id":{"x": [1, 2.50]},"a b":" NULL"}, {"a b":"NULL"}, {}]`;
    expect(csvOf(['id', 'a b'], rows)).toBe(
      [
        'id,a b',
        '9007199254740993,x',
        ',"say ""hi"",\nyou"',
        '"",true',
        '"{""x"": [1, 2.50]}"," NULL"',
        ',"NULL"',
        ',',
        '',
      ].join('\r\n'),
    );
    expect(csvOf(['a,b'], '[]')).toBe('"a,b"\r\n');
  });

  test('of texts is read back as they were', () => {
    const text = fc
      .string({ unit: 'binary' })
      .filter((value) => !value.includes('\0') && value.isWellFormed());
    fc.assert(
      fc.property(fc.array(fc.record({ a: text, 'b c': text }), { maxLength: 5 }), (rows) => {
        const csv = csvOf(['a', 'b c'], JSON.stringify(rows));
        expect(JSON.parse(String(parseRowsBody(Buffer.from(csv), 'csv').json))).toEqual(rows);
      }),
    );
  });
});

test('NDJSON has a row on each line', () => {
  expect(ndjsonOf('[{"a":1,"b":{"x":\r\n2}}, \n {"a":"x\\ny"}]')).toBe(
    '{"a":1,"b":{"x": 2}}\n{"a":"x\\ny"}\n',
  );
  expect(ndjsonOf('[]')).toBe('');
});

describe('Content-Range', () => {
  const pages: [number, number, number | undefined, string, number][] = [
    [0, 25, undefined, '0-24/*', 200],
    [0, 25, 100, '0-24/100', 206],
    [0, 25, 25, '0-24/25', 200],
    [75, 25, 100, '75-99/100', 206],
    [0, 0, undefined, '*/*', 200],
    [0, 0, 0, '*/0', 200],
    [0, 0, 7, '*/7', 206],
    [7, 0, 7, '*/7', 206],
    [50, 0, undefined, '*/*', 200],
  ];
  test.each(pages)('from %i, %i of %s: %s', (offset, length, total, range, status) => {
    expect(contentRange({ offset, length, total })).toBe(range);
    expect(pageStatus({ offset, length, total })).toBe(status);
  });

  test('beyond a known end is refused with 416, which says where the end is', () => {
    const beyond = () => pageStatus({ offset: 8, length: 0, total: 7 });
    expect(refusalOf(beyond)).toMatchObject({
      code: 'RANGE_NOT_SATISFIABLE',
      details: { offset: 8, total: 7 },
    });
    expect(beyond).toThrow(expect.objectContaining({ status: 416, headers: { 'content-range': '*/7' } }));
  });
});

describe('Location', () => {
  test('keeps every digit of a key', () => {
    expect(locationOf('/v1/rows/t', '{"id":9007199254740993}')).toBe('/v1/rows/t?id=eq.9007199254740993');
  });

  test('is not told of a key that no header holds', () => {
    expect(locationOf('/t', JSON.stringify({ id: 'x'.repeat(5_000) }))).toBeUndefined();
  });

  test('is a request for the row, whatever its key is called and holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 15 }).filter((value) => !value.includes('\0'));
    const column = fc.oneof(
      text.filter((name) => name !== ''),
      fc.constantFrom('order', 'and', 'select', 'a.b', '*', 'on'),
    );
    fc.assert(
      fc.property(fc.uniqueArray(column, { minLength: 1, maxLength: 3 }), text, (columns, value) => {
        const key = JSON.stringify(Object.fromEntries(columns.map((name) => [name, value])));
        const [, query = ''] = (locationOf('/t', key) ?? '').split('?');
        const found = parseRowsUrl(query).where.map((one) =>
          one.kind === 'test' ? [one.field.column, one.test] : one,
        );
        const keys = [...membersOf(key)].map(([name]) => name);
        expect(found).toEqual(keys.map((name) => [name, { operator: 'eq', value }]));
      }),
    );
  });
});

test('the media type says in which form the rows are', () => {
  expect(contentTypeOf({ format: 'array', stripsNulls: false })).toBe('application/json; charset=utf-8');
  expect(contentTypeOf({ format: 'array', stripsNulls: true })).toBe(
    'application/vnd.pgrst.array+json; nulls=stripped; charset=utf-8',
  );
  expect(contentTypeOf({ format: 'object', stripsNulls: true })).toBe(
    'application/vnd.pgrst.object+json; nulls=stripped; charset=utf-8',
  );
  expect(contentTypeOf({ format: 'csv', stripsNulls: true })).toBe('text/csv; charset=utf-8');
});

test('Preference-Applied repeats what meant something', () => {
  const preferences = parsePreferences('return=minimal, count=exact, max-affected=5, foo, missing=default');
  expect(preferenceApplied(preferences, 'read')).toBe('count=exact');
  expect(preferenceApplied(preferences, 'update')).toBe(
    'return=minimal, count=exact, max-affected=5, missing=default',
  );
  expect(preferenceApplied(preferences, 'insert')).toBe(
    'return=minimal, count=exact, max-affected=5, missing=default',
  );
  expect(preferenceApplied(parsePreferences('foo, missing=default'), 'read')).toBeUndefined();
});
