import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { libraryTable, NO_PREFERENCES, openLibrary } from '../testing/open-library.ts';
import { LIBRARY } from '../testing/library.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import { placeOf } from './cursor.ts';
import { estimatedRows, planLines, planRead } from './read.ts';

let library: Awaited<ReturnType<typeof openLibrary>>;
beforeAll(async () => {
  library = await openLibrary();
});
afterAll(() => library.close());

const rows = async (table: string, url: string) => (await library.get(table, url)).rows;

describe('pages by cursor', () => {
  test.each([
    'order=id',
    'order=id.desc',
    'order=price',
    'order=price.desc',
    'order=price.asc.nullsfirst,title.desc',
    'order=price.desc.nullslast,title',
    'order=mood,author_id.desc,data->n',
    'order=author_id.desc,mood.nullsfirst,published.desc.nullslast',
    'order=data->>n.desc,shelf',
    'order=authors(name).desc,pages.nullsfirst',
    'order=available,loans.desc',
    'order=tags.desc,notes',
    'order=translator_id&translator_id=not.eq.1',
    'order=translator_id.desc,price.nullsfirst&or=(translator_id.is.null,id.gt.1)',
  ])('%s: every row once, in order', async (order) => {
    const url = `select=id,authors!books_author(name)&${order}`;
    const all = await rows('books', url);
    for (const size of [1, 2, 3, all.length]) {
      const seen: unknown[][] = [];
      let page: 'first' | ReturnType<typeof placeOf> | undefined = 'first';
      while (page && seen.length < 20) {
        const asked = { page, hasNext: true };
        const { rows: some, row } = await library.get('books', `${url}&limit=${size}`, asked);
        expect(row.length).toBe(String(some.length));
        seen.push(some);
        page = row.last == null ? undefined : placeOf(row.last);
      }
      expect(seen.flat()).toEqual(all);
      // None is empty, though the last one may be full.
      expect(seen.length).toBe(Math.ceil(all.length / size));
    }
  });

  test('a place of another order is refused', async () => {
    await expect(library.get('books', 'order=price', { page: ['1'] })).rejects.toMatchObject({
      code: 'CURSOR_MISMATCH',
    });
    await expect(library.get('logs', 'order=line', { page: ['1'] })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
  });

  test('of rows of which nothing is answered', async () => {
    const asked = { page: 'first', hasNext: true } as const;
    const { row } = await library.get('books', 'select=covers!inner()&limit=1', asked);
    expect(row).toMatchObject({ body: '[{}]', length: '1', last: '["1"]' });
    const all = await library.get('books', 'select=covers!inner()&limit=2', asked);
    expect(all.row).toMatchObject({ body: expect.stringMatching(/^\[{},\s*{}\]$/), length: '2', last: null });
  });

  test('one row at a time, with what the page holds besides', async () => {
    const asked = {
      page: 'first',
      hasNext: true,
      shape: 'one',
      hasVersion: true,
      preferences: { ...NO_PREFERENCES, count: 'exact' },
    } as const;
    const url = 'select=id,authors!books_author(id)&limit=1&id=lt.3';
    const versions = await library.client.query('select xmin::text as version from books where id = 1');
    expect((await library.get('books', url, asked)).row).toEqual({
      body: '{"id":1,"authors":{"id":1}}',
      length: '1',
      total: '2',
      last: '["1"]',
      version: versions.rows[0].version,
    });
    const last = await library.get('books', url, { ...asked, page: ['1'] });
    expect(last.row).toMatchObject({ length: '1', last: null });
  });

  test('a place within a table whose names are those of the plan', async () => {
    const first = await library.get('odd "name', 'limit=1', { page: 'first', hasNext: true });
    expect(first.row.last).toBe('["1"]');
    expect((await library.get('odd "name', '', { page: ['1'] })).rows).toMatchObject([
      { 'a "quoted" column': 2 },
    ]);
  });
});

describe('a page far in', () => {
  const PAGE = 20;

  beforeAll(async () => {
    await library.client.query(`begin;
      insert into books (title, author_id, published)
        select 'x', 1 + n % 3, timestamptz '2000-01-01' + n * interval '1 hour' from generate_series(1, 20000) as n;
      create index on books (author_id, id);
      create index on books (published, id);
      analyze books`);
  });
  afterAll(() => library.client.query('rollback'));

  /** How many rows were looked at to answer one page. */
  async function rowsRead(url: string, page: readonly (string | null)[]): Promise<number> {
    const { statement } = planRead({
      schema: LIBRARY,
      table: libraryTable('books'),
      query: parseRowsUrl(`select=id&${url}&limit=${PAGE}`),
      preferences: NO_PREFERENCES,
      shape: 'list',
      page,
      hasNext: true,
    });
    const text = `explain (analyze, format json, timing off) ${statement.text}`;
    const { rows: answered } = await library.client.query({ text, values: [...statement.values] });
    let most = 0;
    JSON.stringify(answered, (name, value) => {
      if (name === 'Actual Rows' || name.startsWith('Rows Removed')) most = Math.max(most, value);
      return value;
    });
    return most;
  }

  test.each([
    ['order=id', ['10000']],
    ['order=id.desc', ['10000']],
    ['order=author_id', ['2', '10000']],
    ['order=author_id.desc', ['2', '10000']],
    ['order=published.desc', ['2001-01-01T00:00:00Z', '5000']],
    ['order=published', [null, '100']],
    ['order=published.desc', [null, '100']],
    ['order=published', ['2001-01-01T00:00:00Z', '5000']],
  ])('%s reads the rows of that page and no more than a few others', async (order, page) => {
    expect(await rowsRead(order, page)).toBeLessThan(3 * PAGE);
  });
});

describe('counts', () => {
  const count = (kind: 'exact' | 'planned' | 'estimated', url: string) =>
    library.get('books', url, { preferences: { ...NO_PREFERENCES, count: kind } });

  test('exact, whatever the page', async () => {
    expect((await count('exact', 'limit=2&offset=6')).row).toMatchObject({ length: '2', total: '8' });
    expect((await count('exact', 'author_id=eq.2&limit=1')).row).toMatchObject({ length: '1', total: '3' });
    expect((await count('exact', 'select=id,genres!inner(id)&genres.id=eq.1&limit=1')).row).toMatchObject({
      total: '3',
    });
    expect((await count('exact', 'select=author_id,count()&limit=1')).row).toMatchObject({
      length: '1',
      total: '3',
    });
    expect((await count('exact', 'offset=100')).row).toMatchObject({ body: '[]', length: '0', total: '8' });
  });

  test('estimated is exact as long as it is small, and planned is what Postgres thinks', async () => {
    expect((await count('estimated', 'author_id=eq.2')).row).toMatchObject({ total: '3' });
    expect((await count('planned', '')).row).toMatchObject({ total: null });
    await library.client.query('analyze books');
    const { estimate } = planRead({
      schema: LIBRARY,
      table: libraryTable('books'),
      query: parseRowsUrl('id=gt.0'),
      preferences: { ...NO_PREFERENCES, count: 'planned' },
      shape: 'list',
    });
    if (!estimate) throw new Error('no estimate');
    const { rows: answered } = await library.client.query({
      text: estimate.text,
      values: [...estimate.values],
    });
    expect(estimatedRows(JSON.stringify(answered[0]['QUERY PLAN']))).toBe(8);
  });
});

test('one row as an object, with its version', async () => {
  const one = await library.get('books', 'select=id,title&id=eq.1', { shape: 'one', hasVersion: true });
  expect(one.row).toMatchObject({ length: '1', version: expect.stringMatching(/^\d+$/) });
  expect(one.rows).toEqual({ id: 1, title: 'The Dispossessed' });
  expect((await library.get('books', 'id=gt.0', { shape: 'one' })).row.length).toBe('2');
  expect((await library.get('books', 'id=eq.99', { shape: 'one', hasVersion: true })).row).toEqual({
    body: null,
    length: '0',
    total: null,
    version: null,
  });
  const embedding = 'select=id,authors!books_author(id)&id=eq.1';
  expect((await library.get('books', embedding, { shape: 'one', hasVersion: true })).row.version).toBe(
    one.row.version,
  );
});

test('a row of a view has no version', async () => {
  const { row } = await library.get('shelves', 'title=eq.Large', {
    shape: 'one',
    hasVersion: true,
    page: 'first',
  });
  expect(row).toEqual({ body: '{"shelf":"C3 ","title":"Large"}', length: '1', total: null });
});

test('no body, and no JSON is made for it', async () => {
  const { row } = await library.get('books', 'select=id,genres(id)&limit=3', {
    shape: 'none',
    page: 'first',
    hasNext: true,
    preferences: { ...NO_PREFERENCES, count: 'exact' },
  });
  expect(row).toEqual({ body: null, length: '3', total: '8', last: '["3"]' });
  const { statement } = planRead({
    schema: LIBRARY,
    table: libraryTable('books'),
    query: parseRowsUrl('select=id,title'),
    preferences: NO_PREFERENCES,
    shape: 'none',
  });
  expect(statement.text).not.toContain('json');
});

test('nulls left out', async () => {
  const { rows: some } = await library.get('books', 'select=id,price,covers(url)&id=eq.4', {
    areNullsStripped: true,
  });
  expect(some).toEqual([{ id: 4 }]);
});

test('row by row', async () => {
  const { statement, names } = planLines({
    schema: LIBRARY,
    table: libraryTable('books'),
    query: parseRowsUrl('select=id,name:title&limit=2'),
    preferences: NO_PREFERENCES,
  });
  const { rows: lines } = await library.client.query({ text: statement.text, values: [...statement.values] });
  expect(lines.map(({ line }) => JSON.parse(line))).toEqual([
    { id: 1, name: 'The Dispossessed' },
    { id: 2, name: 'The Word for World' },
  ]);
  expect(names).toEqual(['id', 'name']);
});

describe('aggregates', () => {
  test.each([
    ['select=count()', [{ count: 8 }]],
    ['select=count(),total:price.sum(),price.max()', [{ count: 8, total: 41.85, max: 12.25 }]],
    [
      'select=author_id,count(),pages.max()',
      [
        { author_id: 1, count: 2, max: 341 },
        { author_id: 2, count: 3, max: 451 },
        { author_id: 3, count: 3, max: 12 },
      ],
    ],
    [
      'select=author_id,n:count()&order=count().desc,author_id.desc&limit=2',
      [
        { author_id: 3, n: 3 },
        { author_id: 2, n: 3 },
      ],
    ],
    ['select=author_id,n:count()&order=n.desc,author_id&limit=1', [{ author_id: 2, n: 3 }]],
    [
      'select=author_id,price.sum()&having=(price.sum().gt.15)&order=author_id',
      [
        { author_id: 1, sum: 17.5 },
        { author_id: 2, sum: 20.25 },
      ],
    ],
    ['select=author_id&having=(count().gte.3,not.price.max().lt.4)', [{ author_id: 2 }]],
    [
      'select=mood,count()&mood=not.is.null',
      [
        { mood: 'calm', count: 3 },
        { mood: 'tense', count: 2 },
      ],
    ],
    [
      'select=data->>n,count()&data->>n=not.is.null&order=count().desc,data->>n&limit=1',
      [{ n: '10', count: 1 }],
    ],
    [
      'select=notes,count()&notes=not.is.null&order=notes',
      [
        { notes: { z: 2 }, count: 1 },
        { notes: { a: 2, z: 1 }, count: 1 },
      ],
    ],
    ['select=pages.avg()::int', [{ avg: 201 }]],
    ['select=isbn::int.sum()&id=lt.3', [{ sum: 333 }]],
    [
      'select=...authors!books_author(writer:name),count()&order=count()',
      [
        { writer: 'Ursula', count: 2 },
        { writer: 'Ada', count: 3 },
        { writer: 'Iain', count: 3 },
      ],
    ],
    ['select=count()&id=eq.99', [{ count: 0 }]],
    ['select=count()::text', [{ count: '8' }]],
  ])('%s', async (url, expected) => {
    expect(await rows('books', url)).toEqual(expected);
  });

  test('within an embed', async () => {
    expect(await rows('authors', 'select=name,books!books_author(count(),price.max())&order=id')).toEqual([
      { name: 'Ursula', books: [{ count: 2, max: 10.5 }] },
      { name: 'Iain', books: [{ count: 3, max: 12.25 }] },
      { name: 'Ada', books: [{ count: 3, max: 3 }] },
    ]);
  });
});
