import { AppError } from '@plinth/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LinesFormat } from '../media-types.ts';
import { createRowBatches } from './row-batches.ts';
import { parseRowsBody } from './rows-body.ts';

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

interface Read {
  json: string;
  lines: readonly number[];
}

async function read(
  body: string | Buffer,
  format: LinesFormat,
  { sizes = [64 * 1024], rows = 1_000 }: { sizes?: number[]; rows?: number } = {},
): Promise<Read[]> {
  const batches = createRowBatches(inPieces(Buffer.from(body), sizes), format);
  const all: Read[] = [];
  do {
    const { json, lines } = await batches.next({ rows, bytes: 1_000_000 });
    all.push({ json: String(json), lines });
  } while (!batches.hasEnded());
  return all;
}

const rowsOf = (batches: readonly Read[]): unknown[] => batches.flatMap(({ json }) => JSON.parse(json));

async function refusalOf(body: string | Buffer, format: LinesFormat): Promise<Partial<AppError>> {
  const error = await read(body, format, { sizes: [1_000] }).catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw new Error('it was not refused', { cause: error });
  return { code: error.code, message: error.message, details: error.details };
}

const text = fc
  .string({ unit: fc.constantFrom('"', ',', '\n', '\r\n', 'a', 'é', '😀', '\ufeff', ' ') })
  .filter((value) => !value.includes('\0'));

test.each([
  ['csv', (values: string[][]) => values.map((row) => row.map((v) => `"${v.replaceAll('"', '""')}"`).join())],
  ['ndjson', (values: string[][]) => values.map(([a, b]) => JSON.stringify({ a, b }))],
] as const)('%s is the same rows wherever it is cut', async (format, linesOf) => {
  const lines = fc.array(fc.array(text, { minLength: 2, maxLength: 2 }), { maxLength: 8 });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lines, sizes, fc.integer({ min: 1, max: 4 }), async (values, cuts, rows) => {
      const body = [...(format === 'csv' ? ['a,b'] : []), ...linesOf(values)].join('\r\n');
      const batches = await read(body, format, { sizes: cuts, rows });
      expect(rowsOf(batches)).toEqual(JSON.parse(String(parseRowsBody(Buffer.from(body), format).json)));
      const breaks = body.split(/\r\n|\n|\r/);
      for (const { lines: at } of batches) for (const line of at) expect(breaks[line - 1]).toBeDefined();
    }),
    { numRuns: 200 },
  );
});

test('a row tells the line where it begins', async () => {
  const csv = await read('a,b\n1,"x\ny"\n\n2,z\r\n3,z', 'csv', { sizes: [3], rows: 2 });
  expect(csv.map(({ lines }) => lines)).toEqual([[2, 5], [6]]);
  const ndjson = await read('{"a":1}\n\n{"a":2}\n', 'ndjson', { sizes: [1], rows: 1 });
  expect(ndjson.map(({ lines }) => lines)).toEqual([[1], [3], []]);
});

test('some rows of a batch are an array as well', async () => {
  const batches = createRowBatches(inPieces(Buffer.from('{"a":"é"}\n{"a":2}\n{"a":3}\n'), [4]), 'ndjson');
  const { json, some } = await batches.next({ rows: 9, bytes: 1_000 });
  const texts = [some(0, 0), some(0, 1), some(1, 3), some(0, 3)].map(({ json }) => String(json));
  expect(texts).toEqual(['[]', '[{"a":"é"}]', '[{"a":2},{"a":3}]', '[{"a":"é"},{"a":2},{"a":3}]']);
  expect(String(json)).toBe(texts[3]);
  expect(String((await batches.next({ rows: 9, bytes: 1_000 })).json)).toBe('[]');
});

test('keys that the first rows settled hold for all', async () => {
  const given = async (body: string, isExact: boolean) => {
    const batches = createRowBatches(inPieces(Buffer.from(body), [5]), 'ndjson');
    await batches.next({ rows: 1, bytes: 1_000 });
    batches.settle({ columns: ['a', 'b'], isExact });
    return batches.next({ rows: 9, bytes: 1_000 });
  };
  expect(await given('{"a":1,"b":2}\n{"b":3,"a":4}\n', true)).toMatchObject({
    columns: ['a', 'b'],
    isUniform: true,
  });
  expect(await given('{"a":1,"b":2}\n{"b":3}\n', false)).toMatchObject({ isUniform: false });
  await expect(given('{"a":1,"b":2}\n{"a":1,"b":2}\n{"b":3}\n', true)).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    details: { line: 3 },
  });
  await expect(given('{"a":1,"b":2}\n{"a":1,"b":2,"c":3}\n', false)).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    details: { line: 2 },
  });
});

const csvOf = (line: string) => `a,b\n${'1,2\n'.repeat(5_000)}${line}\n${'1,2\n'.repeat(5_000)}`;
const ndjsonOf = (line: string) => `${'{"a":1}\n'.repeat(5_000)}${line}\n${'{"a":1}\n'.repeat(5_000)}`;
const DEEP = 10_000;

describe('what cannot be read is refused by its line', () => {
  const refused: [string, LinesFormat, string | Buffer, string, number][] = [
    ['a field too few', 'csv', csvOf('1'), 'VALIDATION_FAILED', 5_002],
    ['a quote that is never closed', 'csv', csvOf('1,"2'), 'VALIDATION_FAILED', 5_002],
    ['a quote amid a field', 'csv', csvOf('1,x"y'), 'VALIDATION_FAILED', 5_002],
    ['U+0000', 'csv', csvOf('1,\0'), 'INVALID_VALUE', 5_002],
    ['U+0000 in escapes', 'ndjson', ndjsonOf('{"a":"\\u0000"}'), 'INVALID_VALUE', 5_001],
    ['a million columns', 'csv', `${'a,'.repeat(1_000_000)}b\n`, 'TOO_COMPLEX', 1],
    ['no JSON', 'ndjson', ndjsonOf('{"a":'), 'MALFORMED_JSON', 5_001],
    ['no object', 'ndjson', ndjsonOf('[1]'), 'VALIDATION_FAILED', 5_001],
    ['a key twice', 'ndjson', ndjsonOf('{"a":1,"a":2}'), 'VALIDATION_FAILED', 5_001],
    [
      'many levels',
      'ndjson',
      ndjsonOf(`{"a":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`),
      'JSON_TOO_DEEP',
      5_001,
    ],
    ['a long line', 'ndjson', `{"a":1}\n{"a":"${'x'.repeat(11_000_000)}`, 'PAYLOAD_TOO_LARGE', 2],
    ['a long field', 'csv', `a\n1\n${'x'.repeat(11_000_000)}`, 'PAYLOAD_TOO_LARGE', 3],
    ['a quote before much', 'csv', `a\n1\n"${'x\n'.repeat(5_500_000)}`, 'VALIDATION_FAILED', 3],
    ['another encoding', 'ndjson', Buffer.from(ndjsonOf('{"a":"\xe9"}'), 'latin1'), 'MALFORMED_JSON', 5_001],
    ['another encoding', 'csv', Buffer.from(csvOf('1,\xe9'), 'latin1'), 'MALFORMED_JSON', 5_002],
  ];
  test.each(refused)('%s in %s', async (_, format, body, code, line) => {
    const refusal = await refusalOf(body, format);
    expect(refusal).toMatchObject({ code, details: { line } });
    expect(refusal.message?.length).toBeLessThan(300);
  });
});
