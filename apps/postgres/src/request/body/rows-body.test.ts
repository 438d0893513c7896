import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../testing/refusal.ts';
import type { BodyFormat } from '../media-types.ts';
import { parseCallBody } from './call-body.ts';
import { parseRowsBody } from './rows-body.ts';

const rows = (length: number, row: string) => Array.from({ length }, () => row);
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

const parse = (text: string, format: BodyFormat) => {
  const body = parseRowsBody(Buffer.from(text), format);
  return { ...body, json: String(body.json) };
};

describe('a JSON body', () => {
  const bodies: [string, object][] = [
    ['{}', { isArray: false, count: 1, columns: [], isUniform: true }],
    ['[]', { isArray: true, count: 0, columns: [], isUniform: true }],
    [' [ { } , { } ] ', { isArray: true, count: 2, columns: [], isUniform: true }],
    ['{"a":1,"b":[1,{"a":2,"a":3}]}', { isArray: false, count: 1, columns: ['a', 'b'], isUniform: true }],
    ['[{"a":1,"b":2},{"b":3,"a":4}]', { count: 2, columns: ['a', 'b'], isUniform: true }],
    ['[{"a":1},{"b":2}]', { count: 2, columns: ['a', 'b'], isUniform: false }],
    ['[{"a":1,"b":2},{"b":2}]', { columns: ['a', 'b'], isUniform: false }],
    ['[{"b":2},{"a":1,"b":2}]', { columns: ['b', 'a'], isUniform: false }],
    ['[{"a":1,"b":2},{"b":1},{"a":1,"b":2,"c":3},{"c":1,"a":2}]', { count: 4, columns: ['a', 'b', 'c'] }],
    ['[{},{"a":1}]', { columns: ['a'], isUniform: false }],
    [String.raw`{"\u0061":1,"caf\u00e9":2,"\ud83d\ude00":3}`, { columns: ['a', 'café', '😀'] }],
    [
      '{"__proto__":{"x":1},"constructor":2,"toString":3}',
      { columns: ['__proto__', 'constructor', 'toString'] },
    ],
    ['{"n":9007199254740993,"m":1e400,"k":-0.10}', { columns: ['n', 'm', 'k'] }],
    [`{"a":${nested(31)}}`, { columns: ['a'] }],
    [`[${rows(1_000, '{"a":1}').join()}]`, { count: 1_000 }],
  ];

  test.each(bodies)('%.60s is passed on as it is', (text, expected) => {
    expect(parse(text, 'json')).toMatchObject({ json: text, ...expected });
  });

  const refused: [string, string, object][] = [
    ['', 'MALFORMED_JSON', { position: 0 }],
    ['nul', 'MALFORMED_JSON', { position: 0 }],
    ['{"a":1', 'MALFORMED_JSON', { position: 6 }],
    ['{"a":1,}', 'MALFORMED_JSON', { position: 7 }],
    ['{a:1}', 'MALFORMED_JSON', { position: 1 }],
    ['{"a" 1}', 'MALFORMED_JSON', { position: 5 }],
    ['[{"a":1}', 'MALFORMED_JSON', { position: 8 }],
    ['[{"a":1},]', 'MALFORMED_JSON', { position: 9 }],
    ['{"a":1}{"a":2}', 'MALFORMED_JSON', { position: 7 }],
    ['{"a":01}', 'MALFORMED_JSON', { position: 6 }],
    ['{"a":1.}', 'MALFORMED_JSON', { position: 6 }],
    ['{"a":1e+}', 'MALFORMED_JSON', { position: 6 }],
    ['{"é😀":1,}', 'MALFORMED_JSON', { position: 9 }],
    ['{"a":+1}', 'MALFORMED_JSON', { position: 5 }],
    ['{"a":NaN}', 'MALFORMED_JSON', { position: 5 }],
    ['{"a":tru}', 'MALFORMED_JSON', { position: 5 }],
    ["{'a':1}", 'MALFORMED_JSON', { position: 1 }],
    ['{"a":"x\ny"}', 'MALFORMED_JSON', { position: 7 }],
    ['{"a":"x\0y"}', 'MALFORMED_JSON', { position: 7 }],
    [String.raw`{"a":"\x"}`, 'MALFORMED_JSON', { position: 6 }],
    [String.raw`{"a":"\u12"}`, 'MALFORMED_JSON', { position: 6 }],
    ['{"a":"x', 'MALFORMED_JSON', { position: 7 }],
    ['\ufeff{}', 'MALFORMED_JSON', { position: 0 }],
    [String.raw`{"a":"b\u0000"}`, 'INVALID_VALUE', { position: 7 }],
    [String.raw`{"a\u0000":1}`, 'INVALID_VALUE', { position: 3 }],
    [String.raw`{"a":"\ud800"}`, 'INVALID_VALUE', { position: 6 }],
    [String.raw`{"a":"\ud800\u0041"}`, 'INVALID_VALUE', { position: 6 }],
    [String.raw`{"a":"\udc00\ud800"}`, 'INVALID_VALUE', { position: 6 }],
    ['5', 'VALIDATION_FAILED', { row: 0 }],
    ['"text"', 'VALIDATION_FAILED', { row: 0 }],
    ['null', 'VALIDATION_FAILED', { row: 0 }],
    ['[{},null]', 'VALIDATION_FAILED', { row: 1 }],
    ['[[{}]]', 'VALIDATION_FAILED', { row: 0 }],
    ['[{"a":1},{"a":1,"b":2,"a":3}]', 'VALIDATION_FAILED', { row: 1, column: 'a' }],
    [String.raw`{"a":1,"\u0061":2}`, 'VALIDATION_FAILED', { row: 0, column: 'a' }],
    ['{"__proto__":1,"__proto__":2}', 'VALIDATION_FAILED', { column: '__proto__' }],
    [`{"${'é'.repeat(32)}":1}`, 'COLUMN_NOT_FOUND', { row: 0 }],
    [`[${rows(1_001, '{}').join()}]`, 'TOO_COMPLEX', { limit: 'rows', maximum: 1_000 }],
    [`{${Array.from({ length: 1_601 }, (_, i) => `"c${i}":1`).join()}}`, 'TOO_COMPLEX', { limit: 'columns' }],
    [`{"a":${nested(32)}}`, 'JSON_TOO_DEEP', { position: 36 }],
    [`{"a":${'['.repeat(1_000_000)}`, 'JSON_TOO_DEEP', {}],
  ];

  test.each(refused)('%.60s is refused: %s', (text, code, details) => {
    const refusal = refusalOf(() => parse(text, 'json'));
    expect(refusal).toMatchObject({ code, details });
    expect(refusal.message.length).toBeLessThan(300);
  });

  test('is valid just where JSON is', () => {
    const changed = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '\\', ',', '{', ']', '0', '.', 'e', '-', ' ', '\n', 'n'),
      )
      .map(([json, where, put]) => {
        const at = where % (json.length + 1);
        return json.slice(0, at) + put + json.slice(at + (where % 2));
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), changed, fc.string()), (text) => {
        const isJson = (() => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        })();
        if (isJson || text.trim() === '')
          expect(parseCallBody(text).json).toBe((text.trim() && text) || '{}');
        else expect(refusalOf(() => parseCallBody(text)).code).toBe('MALFORMED_JSON');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a CSV body', () => {
  const bodies: [string, unknown[], string[]][] = [
    ['a,b\n1,2\n', [{ a: '1', b: '2' }], ['a', 'b']],
    [
      'a,b\r\n1,2\r\n3,4',
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
      ['a', 'b'],
    ],
    ['\ufeffa\rNULL\r', [{ a: null }], ['a']],
    ['a,b,c\nNULL,"NULL",\n', [{ a: null, b: 'NULL', c: '' }], ['a', 'b', 'c']],
    ['a,b\n"x,""y""",""\n', [{ a: 'x,"y"', b: '' }], ['a', 'b']],
    ['a\n"one\ntwo"\n\n""\n', [{ a: 'one\ntwo' }, { a: '' }], ['a']],
    ['"first name", b \nx, y\n', [{ 'first name': 'x', b: ' y' }], ['first name', 'b']],
    ['a\n\\u0000\n', [{ a: '\\u0000' }], ['a']],
    ['a,b', [], ['a', 'b']],
  ];

  test.each(bodies)('%j is turned into rows of texts', (text, expected, columns) => {
    const body = parse(text, 'csv');
    expect(JSON.parse(body.json)).toEqual(expected);
    expect(body).toMatchObject({ isArray: true, count: expected.length, columns, isUniform: true });
  });

  test('columns of any name are columns', () => {
    expect(parse('__proto__,constructor\n1,2', 'csv').json).toBe('[{"__proto__":"1","constructor":"2"}]');
    expect({}).not.toHaveProperty('polluted');
  });

  const refused: [string, string, object][] = [
    ['', 'VALIDATION_FAILED', { line: 1 }],
    ['\n\n', 'VALIDATION_FAILED', { line: 1 }],
    ['a,b\n1,2\n3\n', 'VALIDATION_FAILED', { line: 3 }],
    ['a,b\n"1\n\n",2\n3,4,5\n', 'VALIDATION_FAILED', { line: 5 }],
    ['a,a\n', 'VALIDATION_FAILED', { line: 1 }],
    ['\na,,b\n', 'VALIDATION_FAILED', { line: 2 }],
    ['a\nx"y\n', 'VALIDATION_FAILED', { line: 2 }],
    ['a\n"x"y\n', 'VALIDATION_FAILED', { line: 2 }],
    ['a\n1\n"x\ny\n', 'VALIDATION_FAILED', { line: 3 }],
    ['a\nx\n\0\n', 'INVALID_VALUE', { line: 3 }],
    [`a,${'b'.repeat(64)}\n`, 'COLUMN_NOT_FOUND', { line: 1 }],
    [`a\n${rows(1_001, '1').join('\n')}`, 'TOO_COMPLEX', { limit: 'rows', line: 1_002 }],
    [`${Array.from({ length: 1_601 }, (_, i) => `c${i}`).join()}\n`, 'TOO_COMPLEX', { limit: 'columns' }],
  ];

  test.each(refused)('%.40j is refused: %s', (text, code, details) => {
    expect(refusalOf(() => parse(text, 'csv'))).toMatchObject({ code, details });
  });

  test('holds any text', () => {
    const value = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && text.isWellFormed());
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 5 }), (lines) => {
        const text = ['a,b', ...lines.map((line) => line.map(quote).join())].join('\r\n');
        expect(JSON.parse(parse(text, 'csv').json)).toEqual(lines.map(([a, b]) => ({ a, b })));
      }),
    );
  });
});

describe('an NDJSON body', () => {
  test('is an object a line', () => {
    expect(parse('{"a":9007199254740993}\n\n {"b":"x\\ny"} \r\n', 'ndjson')).toEqual({
      json: '[{"a":9007199254740993},{"b":"x\\ny"}]',
      isArray: true,
      count: 2,
      columns: ['a', 'b'],
      isUniform: false,
    });
    expect(parse('\ufeff{"a":1}\u00a0\n\t\n', 'ndjson')).toMatchObject({ json: '[{"a":1}]', count: 1 });
    expect(parse('', 'ndjson')).toMatchObject({ json: '[]', count: 0 });
  });

  const refused: [string, string, object][] = [
    ['{"a":1}\n{"a":\n1}', 'MALFORMED_JSON', { line: 2 }],
    ['{"a":1}{"a":2}', 'MALFORMED_JSON', { line: 1 }],
    ['{"a":1}\n\n[]', 'VALIDATION_FAILED', { line: 3 }],
    ['{}\n{"a":1,"a":1}', 'VALIDATION_FAILED', { line: 2, column: 'a' }],
    [rows(1_001, '{}').join('\n'), 'TOO_COMPLEX', { limit: 'rows' }],
  ];
  test.each(refused)('%.40j is refused: %s', (text, code, details) => {
    expect(refusalOf(() => parse(text, 'ndjson'))).toMatchObject({ code, details });
  });
});

test('any text is read or refused with 400, in whatever form it is said to be', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom<BodyFormat>('json', 'csv', 'ndjson'),
      (text, format) => {
        const read = () => {
          JSON.parse(parse(text, format).json);
          throw new TypeError('read');
        };
        try {
          refusalOf(read);
        } catch (error) {
          expect(error).toEqual(new TypeError('read'));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('the body of a call names its arguments', () => {
  expect(parseCallBody(' ')).toEqual({ json: '{}', names: [] });
  expect(parseCallBody('{"a":1,"b":[1]}')).toEqual({ json: '{"a":1,"b":[1]}', names: ['a', 'b'] });
  expect(parseCallBody('[1,2]')).toEqual({ json: '[1,2]', names: undefined });
  expect(refusalOf(() => parseCallBody('{"a":1')).code).toBe('MALFORMED_JSON');
});
