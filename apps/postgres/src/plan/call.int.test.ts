import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIBRARY } from '../testing/library.ts';
import { NO_PREFERENCES, openLibrary } from '../testing/open-library.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import { type CallRequest, planCall } from './call.ts';

let library: Awaited<ReturnType<typeof openLibrary>>;
beforeAll(async () => {
  library = await openLibrary();
});
afterAll(() => library.close());

async function call(name: string, given: Record<string, unknown>, url = '', more: Partial<CallRequest> = {}) {
  const plan = planCall({
    schema: LIBRARY,
    name,
    query: parseRowsUrl(url),
    arguments: { json: JSON.stringify(given), names: Object.keys(given) },
    preferences: NO_PREFERENCES,
    isRead: false,
    shape: 'list',
    ...more,
  });
  return { ...(await library.run(plan)), answers: plan.answers };
}

test.each([
  ['add', { a: 1, b: 2 }, '', 3],
  ['add', { a: 1 }, '', 11],
  ['add', { b: '2', a: '40' }, '', 42],
  ['words', { list: ['a', 'b"c', "'"] }, '', 'a-b"c-\''],
  ['numbers', { upto: 3 }, '', [1, 2, 3]],
  ['numbers', { upto: 5 }, 'limit=2&offset=1', [2, 3]],
  [
    'find_books',
    { term: 'the' },
    'select=id,author:authors!books_author(name)&id=gt.1&order=id',
    [{ id: 2, author: { name: 'Ursula' } }],
  ],
  ['find_books', { term: 'e' }, 'select=id&order=title.desc&limit=2', [{ id: 3 }, { id: 2 }]],
  ['find_books', { term: 'e' }, 'select=count()', [{ count: 7 }]],
  ['best_book', {}, 'select=id,title', { id: 1, title: 'The Dispossessed' }],
])('%s %j %s', async (name, given, url, expected) => {
  expect((await call(name, given, url)).rows).toEqual(expected);
});

test('JSON as a whole', async () => {
  expect((await call('keys', { x: 1, y: [2] })).rows).toEqual(['x', 'y']);
  const given = { arguments: { json: '{"z":1}', names: undefined } };
  expect((await call('keys', {}, '', given)).rows).toEqual(['z']);
  await expect(call('add', {}, '', { arguments: { json: '[1]', names: undefined } })).rejects.toMatchObject({
    code: 'FUNCTION_NOT_FOUND',
  });
});

test('rows of no table', async () => {
  expect((await call('stats', {})).rows).toContainEqual({ kind: 'calm', many: 3 });
});

test('nothing', async () => {
  const { row, answers } = await call('note', { line: 'called' });
  expect(row.body).toBeNull();
  expect(answers).toBe('nothing');
  expect((await library.get('logs', 'line=eq.called')).rows).toHaveLength(1);
});

test('a count of what a function returns', async () => {
  const { row } = await call('find_books', { term: 'e' }, 'limit=2', {
    preferences: { ...NO_PREFERENCES, count: 'exact' },
  });
  expect(row).toMatchObject({ length: '2', total: '7' });
});

test.each([
  ['pg_sleep', { seconds: 1 }],
  ['set_config', { a: 'role' }],
  ['add', { a: 1, c: 2 }],
  ['add', {}],
  ['find_books', {}],
  ['add"(1)--', { a: 1 }],
])('%s %j is not found', async (name, given) => {
  await expect(call(name, given)).rejects.toMatchObject({ code: 'FUNCTION_NOT_FOUND' });
});

test('what may change something is not called by GET', async () => {
  await expect(call('note', { line: 'x' }, '', { isRead: true })).rejects.toMatchObject({
    code: 'READ_ONLY',
  });
  await expect(call('add', { a: 1 }, 'a=eq.1')).rejects.toMatchObject({ code: 'INVALID_FILTER' });
});
