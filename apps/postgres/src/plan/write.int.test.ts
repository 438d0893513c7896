import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LIBRARY } from '../testing/library.ts';
import { libraryTable, NO_PREFERENCES, openLibrary } from '../testing/open-library.ts';
import { parseRowsBody } from '../request/body/rows-body.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import type { Guards } from './changing.ts';
import { planDelete } from './delete.ts';
import { planInsert } from './insert.ts';
import { planUpdate } from './update.ts';
import { planUpsert } from './upsert.ts';
import type { WriteRequest } from './written.ts';

let library: Awaited<ReturnType<typeof openLibrary>>;
beforeAll(async () => {
  library = await openLibrary();
});
afterAll(() => library.close());
beforeEach(async () => {
  await library.client.query('begin');
});
afterEach(async () => {
  await library.client.query('rollback');
});

type More = Partial<WriteRequest['preferences']> & Guards;

function asked(table: string, url: string, { ifMatch, isFullTableAllowed, ...preferences }: More) {
  const query = parseRowsUrl(url);
  const { columns, onConflict, on } = query;
  return {
    schema: LIBRARY,
    table: libraryTable(table),
    query,
    columns,
    onConflict,
    on,
    preferences: { ...NO_PREFERENCES, return: 'representation' as const, ...preferences },
    ifMatch,
    isFullTableAllowed,
  };
}

const bodyOf = (body: unknown) =>
  parseRowsBody(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), 'json');

const insert = async (table: string, url: string, body: unknown, more: More = {}) =>
  library.run(planInsert({ ...asked(table, url, more), body: bodyOf(body) }));
const update = async (table: string, url: string, body: unknown, more: More = {}) =>
  library.run(planUpdate({ ...asked(table, url, more), body: bodyOf(body) }));
const upsert = async (table: string, url: string, body: unknown, more: More = {}) =>
  library.run(planUpsert({ ...asked(table, url, more), body: bodyOf(body) }));
const remove = async (table: string, url: string, more: More = {}) =>
  library.run(planDelete(asked(table, url, more)));

const price = async (id: number) => (await library.get('books', `select=price&id=eq.${id}`)).rows[0]?.price;

describe('insert', () => {
  test('one row, with what depends on it', async () => {
    const { row, rows } = await insert('books', 'select=title,pages,price::text,authors!books_author(name)', {
      title: 'New',
      author_id: 1,
      price: null,
    });
    expect(rows).toEqual([{ title: 'New', pages: 100, price: null, authors: { name: 'Ursula' } }]);
    expect(row).toMatchObject({
      length: '1',
      affected: '1',
      inserted: '1',
      key: expect.stringMatching(/^{"id" : \d+}$/),
    });
  });

  test('numbers keep every digit', async () => {
    const { rows } = await insert(
      'books',
      'select=id::text,price::text',
      '{"id":9007199254740995,"title":"x","author_id":1,"price":12345678.90}',
    );
    expect(rows).toEqual([{ id: '9007199254740995', price: '12345678.90' }]);
  });

  test('every type', async () => {
    const whole = {
      id: 50,
      title: 'All "of" it',
      author_id: 1,
      translator_id: 2,
      price: 1.5,
      tags: ['a', 'b,c', '"'],
      data: { x: [1, null] },
      notes: { y: 1 },
      loans: '[1,3)',
      mood: 'tense',
      published: '2020-01-01T00:00:00+00:00',
      isbn: '999',
      pages: 3,
      available: false,
      shelf: 'ZZ ',
      code: 'abc',
    };
    const { rows } = await insert('books', '', whole);
    expect(rows).toEqual([{ ...whole, title_length: 11 }]);
    await expect(insert('books', '', { ...whole, id: 51, isbn: '12345678901234' })).rejects.toMatchObject({
      code: '22001',
    });
  });

  test('many rows, in their order', async () => {
    const { row, rows } = await insert('genres', 'select=id', [
      { id: 9, name: 'i' },
      { id: 8, name: 'h' },
    ]);
    expect(rows).toEqual([{ id: 9 }, { id: 8 }]);
    expect(row).toMatchObject({ affected: '2', inserted: '2', key: null });
    expect((await insert('genres', '', [])).row).toMatchObject({ body: '[]', affected: '0' });
  });

  test('different keys need to be told what a missing one is', async () => {
    const body = [
      { title: 'a', author_id: 1, pages: 7 },
      { title: 'b', author_id: 1 },
    ];
    await expect(insert('books', '', body)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect((await insert('books', 'select=title,pages&order=title', body, { missing: 'null' })).rows).toEqual(
      [
        { title: 'a', pages: 7 },
        { title: 'b', pages: null },
      ],
    );
    const { row, rows } = await insert('books', 'select=title,pages&order=title', body, {
      missing: 'default',
    });
    expect(rows).toEqual([
      { title: 'a', pages: 7 },
      { title: 'b', pages: 100 },
    ]);
    expect(row).toMatchObject({ affected: '2', inserted: '2' });
    const named = 'select=title,pages&columns=title,author_id,pages&order=title';
    expect((await insert('books', named, [{ title: 'c', author_id: 1, ignored: 5 }])).rows).toEqual([
      { title: 'c', pages: null },
    ]);
    expect(
      (await insert('books', named, [{ title: 'd', author_id: 1 }], { missing: 'default' })).rows,
    ).toEqual([{ title: 'd', pages: 100 }]);
  });

  test('a row of defaults alone', async () => {
    expect((await insert('logs', 'select=line', {})).rows).toEqual([{ line: null }]);
    expect(
      (await insert('logs', 'select=line', [{}, { line: 'x' }], { missing: 'default' })).row.affected,
    ).toBe('2');
  });

  test('nothing is answered unless it is asked for', async () => {
    const { row } = await insert('genres', '', { id: 9, name: 'i' }, { return: undefined });
    expect(row).toEqual({ body: null, length: null, total: null, affected: '1', inserted: '1' });
    expect((await insert('genres', '', { id: 8, name: 'h' }, { return: 'headers-only' })).row).toMatchObject({
      body: null,
      key: '{"id" : 8}',
    });
  });

  test('into a table whose names are those of the plan', async () => {
    const body = { 'a "quoted" column': 5, select: 's', r: 'r', w: 1, inserted: 3 };
    expect((await insert('odd "name', '', body)).rows).toEqual([body]);
    const some = [{ 'a "quoted" column': 6 }, { 'a "quoted" column': 7, inserted: 1 }];
    expect((await insert('odd "name', '', some, { missing: 'default' })).row).toMatchObject({
      affected: '2',
      inserted: '2',
    });
  });

  test.each([
    ['', { title: 'x', author_id: 1, title_length: 3 }, 'VALIDATION_FAILED'],
    ['', { titel: 'x' }, 'COLUMN_NOT_FOUND'],
    ['columns=title,nope', { title: 'x' }, 'COLUMN_NOT_FOUND'],
    ['select=nope', { title: 'x', author_id: 1 }, 'COLUMN_NOT_FOUND'],
  ])('%s %j is refused', async (url, body, code) => {
    await expect(insert('books', url, body)).rejects.toMatchObject({ code });
  });
});

describe('upsert', () => {
  const both = [
    { id: 1, name: 'sf' },
    { id: 10, name: 'new' },
  ];

  test('merges or ignores what is there, and says how many are new', async () => {
    const merged = await insert('genres', '', both, { resolution: 'merge-duplicates' });
    expect(merged.rows).toEqual(both);
    expect(merged.row).toMatchObject({ affected: '2', inserted: '1' });
    const ignored = await insert(
      'genres',
      '',
      [
        { id: 2, name: 'peace' },
        { id: 11, name: 'newer' },
      ],
      { resolution: 'ignore-duplicates' },
    );
    expect(ignored.rows).toEqual([{ id: 11, name: 'newer' }]);
    expect(ignored.row).toMatchObject({ affected: '1', inserted: '1' });
  });

  test('by another unique key, and by nothing else', async () => {
    const { rows } = await insert(
      'genres',
      'on_conflict=name',
      { id: 2, name: 'war' },
      { resolution: 'merge-duplicates' },
    );
    expect(rows).toEqual([{ id: 2, name: 'war' }]);
    await expect(
      insert(
        'books',
        'on_conflict=title',
        { id: 2, title: 'x', author_id: 1 },
        { resolution: 'merge-duplicates' },
      ),
    ).rejects.toMatchObject({ code: 'VALIDATION_FAILED', message: expect.stringContaining('(id), (isbn)') });
    await expect(insert('logs', '', { line: 'x' }, { resolution: 'merge-duplicates' })).rejects.toMatchObject(
      { code: 'VALIDATION_FAILED' },
    );
  });

  test('rows of nothing but a key', async () => {
    const row = { book_id: 1, genre_id: 1 };
    expect((await insert('book_genres', '', row, { resolution: 'merge-duplicates' })).rows).toEqual([row]);
  });

  test('by the key in the URL', async () => {
    const changed = await upsert('genres', 'id=eq.1', { id: 1, name: 'sf' });
    expect(changed.row).toMatchObject({ affected: '1', inserted: '0' });
    const made = await upsert('genres', 'id=eq.12', { id: 12, name: 'new' });
    expect(made.row).toMatchObject({ affected: '1', inserted: '1' });
    expect((await upsert('genres', 'id=eq.12', { id: 13, name: 'other' })).row.affected).toBe('0');
    for (const url of ['', 'name=eq.x', 'id=eq.1&name=eq.x', 'id=gt.1', 'id=not.eq.1', 'or=(id.eq.1)']) {
      await expect(upsert('genres', url, { id: 1, name: 'sf' })).rejects.toMatchObject({
        code: 'INVALID_FILTER',
      });
    }
    await expect(upsert('genres', 'id=eq.1', { name: 'sf' })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });
});

describe('update', () => {
  test('of what the filters say', async () => {
    const { row, rows } = await update(
      'books',
      'select=id,price,authors!books_author(name)&author_id=eq.1&order=id.desc',
      { price: 1 },
    );
    expect(rows).toEqual([
      { id: 2, price: 1, authors: { name: 'Ursula' } },
      { id: 1, price: 1, authors: { name: 'Ursula' } },
    ]);
    expect(row).toMatchObject({ affected: '2', inserted: null });
    expect(await price(3)).toBe(12.25);
  });

  test('filters may speak of relations', async () => {
    expect(
      (await update('books', 'select=id,genres()&genres=is.null&id=lt.6&order=id', { pages: 0 })).rows,
    ).toEqual([{ id: 4 }, { id: 5 }]);
    const inner = 'select=id,authors!books_author!inner(name)&authors.name=eq.Ada&id=gt.0';
    expect((await update('books', inner, { pages: 1 })).row.affected).toBe('3');
  });

  test.each(['', 'select=id', 'order=id&limit=1', 'select=id,genres()&genres.id=eq.1', 'and=()'])(
    'without a filter is refused: %s',
    async (url) => {
      await expect(update('books', url, { pages: 1 })).rejects.toMatchObject({
        code: expect.stringMatching(/FILTER/),
      });
      await expect(remove('books', url)).rejects.toMatchObject({ code: expect.stringMatching(/FILTER/) });
    },
  );

  test('of all rows where that is allowed', async () => {
    expect((await update('books', '', { pages: 1 }, { isFullTableAllowed: true })).row.affected).toBe('8');
  });

  describe('with a limit', () => {
    const left = async () =>
      (await library.get('books', 'select=id&order=id')).rows.map(({ id }: { id: number }) => id);

    test('changes the first rows of the order', async () => {
      const url = 'select=id,pages&id=lt.9&order=id.desc&limit=2';
      expect((await update('books', url, { pages: 0 })).rows).toEqual([
        { id: 8, pages: 0 },
        { id: 6, pages: 0 },
      ]);
      expect((await library.get('books', 'select=id&pages=eq.0&order=id')).rows).toEqual([
        { id: 6 },
        { id: 8 },
      ]);
      const mixed = 'select=id&id=gt.1&order=authors(name),price.desc.nullslast,id&limit=1';
      const related = mixed.replace('select=id', 'select=id,authors!books_author(name)');
      expect((await update('books', related, { pages: 1 })).rows).toMatchObject([
        { authors: { name: 'Ada' } },
      ]);
    });

    test.each([true, false])('deletes no others, locked or not: %s', async (isLockable) => {
      const before = await left();
      const made = planDelete({ ...asked('books', 'id=gt.2&order=id&limit=3', {}), isLockable });
      expect(made.statement.text.includes(' for update of ')).toBe(isLockable);
      expect((await library.run(made)).row.affected).toBe('3');
      expect(await left()).toEqual(before.filter((id: number) => id <= 2 || id > 5));
      expect((await remove('books', 'id=gt.0&order=id&limit=0')).row.affected).toBe('0');
    });

    test('locks what the change itself would', () => {
      const lockOf = (body: string) =>
        /for (no key )?update/.exec(
          planUpdate({ ...asked('books', 'id=gt.0&order=id&limit=1', {}), body: bodyOf(body) }).statement
            .text,
        )?.[0];
      expect([lockOf('{"pages":1}'), lockOf('{"id":99}')]).toEqual(['for no key update', 'for update']);
    });

    test('changes the first row in no other version', async () => {
      const url = 'select=id&id=gt.1&order=id&limit=1';
      const { rows: versions } = await library.client.query(
        'select xmin::text as version from books where id = 2',
      );
      expect((await update('books', url, { pages: 0 }, { ifMatch: ['1'] })).row).toMatchObject({
        affected: '0',
        matched: '1',
      });
      const ifMatch = [versions[0].version];
      expect((await update('books', url, { pages: 0 }, { ifMatch })).rows).toEqual([{ id: 2 }]);
      expect((await remove('books', 'id=eq.99&order=id&limit=1', { ifMatch: ['1'] })).row.matched).toBe('0');
    });

    test('still changes no more than it may', async () => {
      await expect(remove('books', 'id=gt.0&order=id&limit=5', { maxAffected: 4 })).rejects.toMatchObject({
        code: 'PLX01',
      });
    });

    test.each([
      ['id=gt.0&limit=1', 'INVALID_ORDER'],
      ['id=gt.0&order=title&limit=1', 'INVALID_ORDER'],
      ['id=gt.0&order=data->>id&limit=1', 'INVALID_ORDER'],
      ['id=gt.0&order=id&limit=1&offset=1', 'INVALID_RANGE'],
      ['order=id&limit=1', 'FILTER_REQUIRED'],
    ])('is refused: %s', async (url, code) => {
      await expect(update('books', url, { pages: 1 })).rejects.toMatchObject({ code });
      await expect(remove('books', url)).rejects.toMatchObject({ code });
    });

    test('names the keys that the order may end in', async () => {
      await expect(remove('books', 'id=gt.0&limit=1')).rejects.toMatchObject({
        message: expect.stringContaining('(id)'),
      });
      const bulk = update('books', 'on=id&order=id&limit=1', [{ id: 1, pages: 1 }]);
      await expect(bulk).rejects.toMatchObject({ code: 'INVALID_RANGE' });
    });
  });

  test('of more rows than it may changes nothing', async () => {
    await library.client.query('savepoint before');
    await expect(update('books', 'id=gt.0', { price: 0 }, { maxAffected: 7 })).rejects.toMatchObject({
      code: 'PLX01',
      message: '8',
    });
    await library.client.query('rollback to before');
    expect(await price(1)).toBe(10.5);
    expect((await update('books', 'id=gt.0', { price: 0 }, { maxAffected: 8 })).row.affected).toBe('8');
    await expect(remove('books', 'id=gt.0', { maxAffected: 7 })).rejects.toMatchObject({ code: 'PLX01' });
  });

  test.each([
    [{ title_length: 1 }, 'VALIDATION_FAILED'],
    [{ nope: 1 }, 'COLUMN_NOT_FOUND'],
    [{}, 'VALIDATION_FAILED'],
    [[{ pages: 1 }], 'VALIDATION_FAILED'],
  ])('%j is refused', async (body, code) => {
    await expect(update('books', 'id=eq.1', body)).rejects.toMatchObject({ code });
  });

  test('only of the version that was seen', async () => {
    const { row } = await library.get('genres', 'id=eq.1', { shape: 'one', hasVersion: true });
    const ifMatch = [row.version ?? ''];
    expect(
      (
        await update(
          'genres',
          'id=eq.1',
          { name: 'a' },
          { ifMatch: ['1', '9999999999', 'x', "1') or true --"] },
        )
      ).row,
    ).toMatchObject({
      affected: '0',
      matched: '1',
    });
    expect((await update('genres', 'id=eq.99', { name: 'a' }, { ifMatch })).row).toMatchObject({
      affected: '0',
      matched: '0',
    });
    expect((await update('genres', 'id=eq.1', { name: 'a' }, { ifMatch })).row).toMatchObject({
      affected: '1',
      matched: '1',
    });
    expect((await remove('genres', 'id=eq.3', { ifMatch: ['1'] })).row).toMatchObject({
      affected: '0',
      matched: '1',
    });
    expect((await upsert('genres', 'id=eq.2', { id: 2, name: 'b' }, { ifMatch: ['1'] })).row).toMatchObject({
      affected: '0',
      matched: '1',
    });
    expect((await update('genres', 'id=eq.2', { name: 'b' }, { ifMatch: ['*'] })).row).toMatchObject({
      affected: '1',
    });
  });

  test('of many rows, each with its own values', async () => {
    const { row, rows } = await update('books', 'select=id,price,pages&on=id&order=id', [
      { id: 1, price: 1, pages: 1 },
      { id: 2, price: 2, pages: null },
      { id: 77, price: 3, pages: 3 },
      { id: 1, price: 4, pages: 4 },
    ]);
    expect(rows).toEqual([
      { id: 1, price: 4, pages: 4 },
      { id: 2, price: 2, pages: null },
    ]);
    expect(row).toMatchObject({ affected: '2' });
    expect(JSON.parse(row.unmatched ?? '')).toEqual([{ id: 77 }]);
    const filtered = await update('books', 'select=id&on=isbn&author_id=eq.1', [
      { isbn: '111', pages: 1 },
      { isbn: '333', pages: 1 },
    ]);
    expect(filtered.rows).toEqual([{ id: 1 }]);
    expect(JSON.parse(filtered.row.unmatched ?? '')).toEqual([{ isbn: '333' }]);
    expect((await update('books', 'on=id', [{ id: 1, pages: 9 }], { return: undefined })).row).toMatchObject({
      body: null,
      affected: '1',
    });
  });

  test.each([
    ['on=title', [{ title: 'x', pages: 1 }], 'VALIDATION_FAILED'],
    ['on=id', [{ pages: 1 }], 'VALIDATION_FAILED'],
    ['on=id', [{ id: 1 }], 'VALIDATION_FAILED'],
    ['on=id', [{ id: 1, pages: 1 }, { id: 2 }], 'VALIDATION_FAILED'],
    ['on=nope', [{ id: 1, pages: 1 }], 'COLUMN_NOT_FOUND'],
  ])('many rows: %s %j is refused', async (url, body, code) => {
    await expect(update('books', url, body)).rejects.toMatchObject({ code });
  });
});

test('through a view', async () => {
  const { rows } = await update('shelves', 'shelf=eq.A1&order=title', { shelf: 'A2' });
  expect(rows).toEqual([
    { shelf: 'A2 ', title: 'The Dispossessed' },
    { shelf: 'A2 ', title: 'The Word for World' },
  ]);
  expect((await remove('shelves', 'shelf=eq.C3')).row.affected).toBe('3');
  await expect(remove('shelves', 'shelf=eq.C3', { ifMatch: ['1'] })).rejects.toMatchObject({
    code: 'CAPABILITY_UNAVAILABLE',
  });
});

test('delete', async () => {
  const { row, rows } = await remove('books', 'select=id,authors!books_author(name)&id=in.(6,8)&order=id');
  expect(rows).toEqual([
    { id: 6, authors: { name: 'Ada' } },
    { id: 8, authors: { name: 'Ada' } },
  ]);
  expect(row.affected).toBe('2');
  expect((await remove('books', 'id=eq.1', { return: undefined })).row).toEqual({
    body: null,
    length: null,
    total: null,
    affected: '1',
    inserted: null,
  });
  expect((await library.get('books', 'id=in.(1,6,8)')).rows).toEqual([]);
});
