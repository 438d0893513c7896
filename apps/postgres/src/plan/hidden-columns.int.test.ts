import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseRowsBody } from '../request/body/rows-body.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import { LIBRARY } from '../testing/library.ts';
import { libraryTable, NO_PREFERENCES, openLibrary } from '../testing/open-library.ts';
import { planDelete } from './delete.ts';
import { planInsert } from './insert.ts';
import type { Plan } from './plan.ts';
import { planRead } from './read.ts';
import type { Readable } from './scope.ts';
import { planUpdate } from './update.ts';

// A caller who may not read every column: the plan refuses each way to a hidden one, and what it lets through names none, as
// Postgres with the same column rights confirms.

const READER = `plan_reader_${randomBytes(6).toString('hex')}`;
const SEEN: Record<string, readonly string[]> = {
  authors: ['id', 'name', 'mentor_id'],
  books: ['id', 'title', 'author_id', 'tags'],
  genres: ['id', 'name'],
  book_genres: ['book_id', 'genre_id'],
  covers: ['url'],
};

const isReadable: Readable = (table, column) => SEEN[table.name]?.includes(column.name) ?? false;

let library: Awaited<ReturnType<typeof openLibrary>>;
beforeAll(async () => {
  library = await openLibrary();
  await library.client.query(`create role ${READER}; grant usage on schema ws_library, plinth to ${READER}`);
  for (const [table, columns] of Object.entries(SEEN)) {
    await library.client.query(`grant select (${columns.join(', ')}) on ${table} to ${READER}`);
  }
  await library.client.query(
    `grant insert (id, title, author_id, price), update (title, price), delete on books to ${READER}; grant insert on genres to ${READER}; grant update on genres to ${READER}`,
  );
});
afterAll(async () => {
  await library.client.query(`drop owned by ${READER}; drop role ${READER}`);
  await library.close();
});
beforeEach(async () => {
  await library.client.query(`begin; set local role ${READER}`);
});
afterEach(async () => {
  await library.client.query('rollback');
});

function asked(table: string, url: string, more: { return?: 'representation' | 'headers-only' } = {}) {
  const query = parseRowsUrl(url);
  return {
    schema: LIBRARY,
    table: libraryTable(table),
    query,
    columns: query.columns,
    onConflict: query.onConflict,
    on: query.on,
    preferences: { ...NO_PREFERENCES, ...more },
    isReadable,
    isWhollyReadable: () => false,
    shape: 'list' as const,
  };
}

const body = (row: unknown) => parseRowsBody(Buffer.from(JSON.stringify(row)), 'json');
const representation = { return: 'representation' } as const;
const MERGE = { ...NO_PREFERENCES, ...representation, resolution: 'merge-duplicates' } as const;

describe('refused', () => {
  test.each([
    ['books', 'select=price'],
    ['books', 'select=title:price'],
    ['books', 'select=price::text'],
    ['books', 'select=data->>n'],
    ['books', 'price=gt.1'],
    ['books', 'price=is.null'],
    ['books', 'select=id&or=(id.eq.1,not.and(id.eq.2,price.gt.1))'],
    ['books', 'data->a->>b=eq.1'],
    ['books', 'isbn=like.1*'],
    ['books', 'code=fts.x'],
    ['books', 'order=price'],
    ['books', 'order=data->n.desc'],
    ['books', 'select=price.sum()'],
    ['books', 'select=price.count()'],
    ['books', 'select=pages,count()'],
    ['books', 'select=author_id&having=(price.max().gt.1)'],
    ['books', 'select=author_id,count()&order=price.max()'],
    ['authors', 'select=id,books!books_author(price)'],
    ['authors', 'select=id,books!books_author(id)&books.price=gt.1'],
    ['authors', 'select=id,books!books_author(id)&books.order=price'],
    ['authors', 'select=id,books!books_author!inner()&books.pages=gt.1'],
    ['books', 'select=id,authors!books_author(name)&order=authors(born)'],
    ['books', 'select=id,...authors!books_author(born)'],
    ['books', 'select=id,translator_id(name)'],
    ['authors', 'select=id,books!books_translator(id)'],
    ['books', 'select=id,covers(url)'],
  ])('%s?%s', (table, url) => {
    expect(() => planRead(asked(table, url))).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }));
  });

  const row = { id: 50, title: 'x', author_id: 1, price: 5 };
  const writes: [string, () => Plan][] = [
    ['returning', () => planInsert({ ...asked('books', 'select=price', representation), body: body(row) })],
    [
      'on_conflict',
      () => planInsert({ ...asked('books', 'on_conflict=isbn'), preferences: MERGE, body: body(row) }),
    ],
    [
      'on',
      () =>
        planUpdate({
          ...asked('books', 'on=isbn'),
          body: body([{ isbn: '1', title: 'x' }]),
        }),
    ],
    [
      'filter of an update',
      () => planUpdate({ ...asked('books', 'price=eq.1'), body: body({ title: 'x' }) }),
    ],
    ['filter of a delete', () => planDelete(asked('books', 'price=eq.1'))],
    ['If-Match', () => planDelete({ ...asked('books', 'id=eq.1'), ifMatch: ['1'] })],
  ];
  test.each(writes)('%s', (_, plan) => {
    expect(plan).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }));
  });

  test('a table of which nothing is seen leads nowhere, like one that is not there', () => {
    const hidden: Readable = (table, column) => table.name !== 'genres' && isReadable(table, column);
    for (const relation of ['genres', 'nothing']) {
      expect(() => planRead({ ...asked('books', `select=id,${relation}(id)`), isReadable: hidden })).toThrow(
        expect.objectContaining({ code: 'RELATIONSHIP_NOT_FOUND' }),
      );
    }
    expect(() => planRead(asked('logs', ''))).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }));
  });

  test('and a hidden name is not among those that a mistaken one is answered with', () => {
    expect(() => planRead(asked('books', 'prise=eq.1'))).toThrow(
      expect.objectContaining({
        code: 'COLUMN_NOT_FOUND',
        details: expect.objectContaining({ closest: [] }),
      }),
    );
  });
});

test('new rows are counted where they can be told', async () => {
  const row = { id: 51, title: 'x', author_id: 1 };
  const plain = await library.run(planInsert({ ...asked('books', ''), body: body(row) }));
  expect(plain.row.inserted).toBe('1');
  const merged = planInsert({ ...asked('genres', ''), preferences: MERGE, body: body({ id: 1, name: 'y' }) });
  expect((await library.run(merged)).row).toMatchObject({ affected: '1', inserted: null });
});

describe('let through, and taken by Postgres', () => {
  const read = (table: string, url: string) => () =>
    planRead({ ...asked(table, url), page: 'first', hasVersion: true });
  const row = { id: 50, title: 'x', author_id: 1, price: 5 };
  test.each<[string, () => Plan]>([
    ['all columns that are seen', read('books', '')],
    ['filters and order', read('books', 'tags=cs.{sf}&order=title.desc&limit=2')],
    ['embeds', read('books', 'select=*,authors!books_author(*),genres(*)&order=authors(name)')],
    [
      'inner and anti-joins',
      read('books', 'select=id,genres!inner(id),book_genres()&book_genres=not.is.null'),
    ],
    ['a table without its key', read('covers', '')],
    ['aggregates', read('books', 'select=author_id,title.max(),count()&having=(count().gt.1)')],
    ['an insert that answers nothing', () => planInsert({ ...asked('books', ''), body: body(row) })],
    [
      'an insert that answers what is seen',
      () => planInsert({ ...asked('books', '', representation), body: body(row) }),
    ],
    [
      'an upsert',
      () => planInsert({ ...asked('genres', ''), preferences: MERGE, body: body({ id: 1, name: 'y' }) }),
    ],
    [
      'an update',
      () => planUpdate({ ...asked('books', 'id=eq.1', representation), body: body({ price: 1 }) }),
    ],
    ['a delete', () => planDelete(asked('books', 'title=like.O*', representation))],
  ])('%s', async (_, plan) => {
    const { row } = await library.run(plan());
    expect(row.length ?? row.affected).not.toBe('0');
  });
});
