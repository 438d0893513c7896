import { gzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callerHeaders } from '../test-gateway.ts';
import { owner, type Series, startSeries } from './series.ts';

// More than anybody needs of everything, and JSON that means different things to different readers, through a gateway to
// a real service: each is refused in a few words, by the name of the field where there is one, and changes nothing.

const MEBIBYTE = 1024 * 1024;
const MAX_ANSWER_BYTES = 20_000;
/** Of work for one request. Gateway, service and test are one process here. */
const MAX_CPU_MS = 3_000;
const MAX_GROWTH_BYTES = 512 * MEBIBYTE;

let series: Series;
let before = 0;

beforeAll(async () => {
  series = await startSeries();
  before = process.memoryUsage.rss();
});
afterAll(async () => {
  await series.close();
  expect(process.memoryUsage.rss() - before).toBeLessThan(MAX_GROWTH_BYTES);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect({}).not.toHaveProperty('polluted');
});

interface Sent {
  method?: 'GET' | 'POST';
  path: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

async function ask({ method = 'POST', path, body, headers }: Sent) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const began = process.cpuUsage();
  const answer = await request(series.gateway.url + path, {
    method,
    headers: { ...callerHeaders(), ...type, ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await answer.body.text();
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1_000).toBeLessThan(MAX_CPU_MS);
  expect(text.length).toBeLessThan(MAX_ANSWER_BYTES);
  const parsed = JSON.parse(text);
  const { error } = Array.isArray(parsed) ? parsed[0] : parsed;
  const details = error?.details ?? error?.data?.details ?? {};
  const fields: { path: string }[] = details.fields ?? error?.field_errors ?? [];
  return {
    status: answer.statusCode,
    code: details.code ?? error?.data?.code ?? error?.code,
    fields: fields.map((field) => field.path),
    result: parsed,
  };
}

/** The same procedure in each dialect, and where its input goes. */
const SURFACES = {
  platform: (body: string | Buffer) => ({ path: '/v1/notes', body }),
  organization: (body: string | Buffer) => ({
    path: `/api/v1/organizations/${owner.organizationId}/notes`,
    body,
  }),
  typed: (body: string | Buffer) => ({ path: '/trpc/tenancy/note.write', body }),
};

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const keys = (count: number) => Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',');
const inUtf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

type Refusal = [name: string, body: string | Buffer, status: number, code: string, field?: string];

const REFUSALS: readonly Refusal[] = [
  ['200 levels', `{"marker":"a","settings":{"a":${nested(200)}}}`, 400, 'JSON_TOO_DEEP'],
  ['100,000 levels', nested(100_000), 400, 'JSON_TOO_DEEP'],
  ['levels that never end', '['.repeat(500_000), 400, 'JSON_TOO_DEEP'],
  ['a million keys', `{${keys(1_000_000)}}`, 413, 'PAYLOAD_TOO_LARGE'],
  ['all the unknown keys that fit', `{"marker":"a",${keys(85_000)}}`, 400, 'VALIDATION_FAILED', 'k0'],
  ['one byte too many', `{"marker":"${'x'.repeat(MEBIBYTE)}"}`, 413, 'PAYLOAD_TOO_LARGE'],
  ['a long text', `{"marker":"${'x'.repeat(MEBIBYTE - 100)}"}`, 400, 'VALIDATION_FAILED', 'marker'],
  [
    'a number of a million digits',
    `{"marker":"a","itemLimit":${'9'.repeat(1_000_000)}}`,
    400,
    'VALIDATION_FAILED',
    'itemLimit',
  ],
  ['a number beyond the largest', '{"marker":"a","itemLimit":1e400}', 400, 'VALIDATION_FAILED', 'itemLimit'],
  [
    'a number that would be rounded',
    '{"marker":"a","itemLimit":9007199254740993}',
    400,
    'VALIDATION_FAILED',
    'itemLimit',
  ],
  ['half of a character', '{"marker":"\\ud800"}', 400, 'VALIDATION_FAILED', 'marker'],
  ['half of a character in a key', '{"marker":"a","settings":{"\\udc00":1}}', 400, 'VALIDATION_FAILED'],
  ['U+0000', '{"marker":"a\\u0000b"}', 400, 'VALIDATION_FAILED', 'marker'],
  ['__proto__', '{"marker":"a","__proto__":{"polluted":1}}', 400, 'MALFORMED_JSON'],
  ['__proto__ within', '{"marker":"a","settings":{"__proto__":{"polluted":1}}}', 400, 'MALFORMED_JSON'],
  ['__proto__ in escapes', '{"marker":"a","\\u005f_proto__":{"polluted":1}}', 400, 'MALFORMED_JSON'],
  [
    'constructor.prototype',
    '{"marker":"a","settings":{"constructor":{"prototype":{"polluted":1}}}}',
    400,
    'MALFORMED_JSON',
  ],
  ['not UTF-8', Buffer.from('{"marker":"caf\xe9"}', 'latin1'), 400, 'MALFORMED_JSON'],
  ['overlong UTF-8', Buffer.from('{"marker":"\xc0\xaf"}', 'latin1'), 400, 'MALFORMED_JSON'],
  ['UTF-16', inUtf16('{"marker":"a"}'), 400, 'MALFORMED_JSON'],
  ['compressed', gzipSync('{"marker":"a"}'), 400, 'MALFORMED_JSON'],
  ['NaN', '{"marker":"a","itemLimit":NaN}', 400, 'MALFORMED_JSON'],
  ['a comma too many', '{"marker":"a",}', 400, 'MALFORMED_JSON'],
  ['two values', '{"marker":"a"}{"marker":"b"}', 400, 'MALFORMED_JSON'],
  ['a list', '[{"marker":"a"}]', 400, 'VALIDATION_FAILED'],
];

describe.each(Object.entries(SURFACES))('in the %s dialect', (dialect, surface) => {
  test.each(REFUSALS)('%s', async (_, body, status, code, field) => {
    const inDialect =
      typeof body === 'string' && dialect === 'organization' ? body.replace('itemLimit', 'item_limit') : body;
    const answer = await ask(surface(inDialect));
    expect([answer.status, answer.code]).toEqual([status, code]);
    if (field)
      expect(answer.fields).toContain(
        dialect === 'organization' ? field.replace('itemLimit', 'item_limit') : field,
      );
    expect(answer.fields.length).toBeLessThanOrEqual(100);
  });

  test('what is much, but may be, is served', async () => {
    const many = `{"marker":"a","settings":{${keys(80_000)}}}`;
    expect((await ask(surface(many))).status).toBe(200);
    const escaped = `{"marker":"${'\\u0061'.repeat(200)}"}`;
    expect((await ask(surface(escaped))).status).toBe(200);
  });

  test('of two values for one key the last is read', async () => {
    const { status, result } = await ask(surface('{"marker":"first","marker":"second"}'));
    expect(status).toBe(200);
    expect(JSON.stringify(result)).toContain('"second"');
  });
});

const typed = (path: string, query: string): Sent => ({
  method: 'GET',
  path: `/trpc/tenancy/${path}?${query}`,
});
const inputOf = (json: string) => `input=${encodeURIComponent(json)}`;
const batchOf = (calls: number) => Array(calls).fill('note.get').join(',');

test.each<[name: string, sent: Sent, status: number, code: string]>([
  ['a URL of 64 KB', { method: 'GET', path: `/v1/notes/${'a'.repeat(64 * 1024)}` }, 431, 'HEADERS_TOO_LARGE'],
  ['a URL of 20 KB', { method: 'GET', path: `/v1/notes/${'a'.repeat(20_000)}` }, 414, 'URI_TOO_LONG'],
  ['a path segment of 10 KB', { method: 'GET', path: `/v1/notes/${'a'.repeat(10_000)}` }, 404, 'NOT_FOUND'],
  [
    '2,000 query parameters',
    { method: 'GET', path: `/v1/notes/a?${Array.from({ length: 2_000 }, (_, i) => `k${i}`).join('&')}` },
    400,
    'VALIDATION_FAILED',
  ],
  [
    'a header of a megabyte',
    { method: 'GET', path: '/v1/notes/a', headers: { 'x-a': 'a'.repeat(1_000_000) } },
    431,
    'HEADERS_TOO_LARGE',
  ],
  [
    '10,000 headers',
    {
      method: 'GET',
      path: '/v1/notes/a',
      headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`x-${i}`, 'a'])),
    },
    431,
    'HEADERS_TOO_LARGE',
  ],
  [
    'a token of 17 KiB',
    { method: 'GET', path: '/v1/notes/a', headers: { authorization: `Bearer ${'a'.repeat(17 * 1024)}` } },
    401,
    'TOKEN_INVALID',
  ],
  [
    'a correlation id of 10 KB',
    { method: 'GET', path: '/v1/notes/a', headers: { 'x-correlation-id': 'a'.repeat(10_000) } },
    400,
    'HEADER_INVALID',
  ],
  [
    'an idempotency key of 10 KB',
    { path: '/v1/notes', body: '{}', headers: { 'idempotency-key': 'a'.repeat(10_000) } },
    400,
    'IDEMPOTENCY_KEY_INVALID',
  ],
  ['a batch of 21', typed(batchOf(21), `batch=1&${inputOf('{}')}`), 400, 'BATCH_NOT_ALLOWED'],
  ['a batch of 1,000', typed(batchOf(1_000), 'batch=1'), 400, 'BATCH_NOT_ALLOWED'],
  ['a batch of nothing', typed(','.repeat(1_000), 'batch=1'), 400, 'BATCH_NOT_ALLOWED'],
  ['a batch of nested inputs', typed(batchOf(2), `batch=1&${inputOf(nested(200))}`), 400, 'JSON_TOO_DEEP'],
  ['a batch without inputs', typed(batchOf(2), 'batch=1'), 400, 'VALIDATION_FAILED'],
  [
    'a batch whose inputs are a list',
    typed(batchOf(2), `batch=1&${inputOf('[]')}`),
    400,
    'VALIDATION_FAILED',
  ],
  [
    'a batch with a prototype',
    typed(batchOf(1), `batch=1&${inputOf('{"__proto__":{"0":{"marker":"a"}}}')}`),
    400,
    'MALFORMED_JSON',
  ],
  ['an input that is no JSON', typed('note.get', 'input=%7B'), 400, 'MALFORMED_JSON'],
  [
    'an input with half of a character',
    typed('note.get', inputOf('{"marker":"\\ud800"}')),
    400,
    'VALIDATION_FAILED',
  ],
])('%s', async (_, sent, status, code) => {
  const answer = await ask(sent);
  expect([answer.status, answer.code]).toEqual([status, code]);
  expect(answer.fields.length).toBeLessThanOrEqual(100);
});
