import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLibrary } from '../testing/open-library.ts';

let library: Awaited<ReturnType<typeof openLibrary>>;
beforeAll(async () => {
  library = await openLibrary();
});
afterAll(() => library.close());

const rows = async (table: string, url: string) => (await library.get(table, url)).rows;
const ids = async (url: string) =>
  (await rows('books', `select=id&${url}`)).map(({ id }: { id: number }) => id);

const LARGE = Number('9007199254740993');

test('rows, filtered, ordered and cut', async () => {
  expect(await ids('author_id=eq.2&order=title.desc')).toEqual([3, 5, 4]);
  expect(await ids('limit=2&offset=1')).toEqual([2, 3]);
  expect(await ids('order=price.desc.nullslast&limit=3')).toEqual([3, 1, 5]);
  expect(await ids('order=price.desc&limit=2')).toEqual([4, 3]);
  expect(await ids('limit=0')).toEqual([]);
});

test.each([
  ['id=eq.1', [1]],
  ['id=neq.1&id=lt.4', [2, 3]],
  ['id=gt.2&id=lte.4', [3, 4]],
  ['pages=gte.411', [3, 4]],
  ['title=like.The*', [1, 2]],
  ['title=ilike.the*', [1, 2]],
  ['title=like.100%25 *', [6]],
  ['title=match.^E', [4]],
  ['title=imatch.^e', [4]],
  ['title=like(any).{The*,Ex*}', [1, 2, 4]],
  ['title=like(all).{The*,*World}', [2]],
  ['id=eq(any).{1,3}', [1, 3]],
  ['isbn=in.(111,"222")', [1, 2]],
  ['isbn=in.()', []],
  ['tags=in.({sf},{x})', [2, 8, LARGE]],
  ['title=in.("O\'Brien said \\"hi\\", \\\\ bye")', [8]],
  ['price=is.null', [4]],
  ['price=not.is.null&id=lt.3', [1, 2]],
  ['available=is.true&id=lt.4', [1, 3]],
  ['available=is.unknown', [5]],
  ['mood=eq.calm', [1, 5, LARGE]],
  ['mood=isdistinct.calm', [2, 3, 4, 6, 8]],
  ['mood=not.isdistinct.calm', [1, 5, LARGE]],
  ['tags=cs.{sf,war}', [3]],
  ['tags=cd.{sf,classic}', [1, 2, 4, LARGE]],
  ['tags=ov.{war,craft}', [3, 6]],
  ['loans=cs.[2,3)', [1]],
  ['loans=ov.[4,8)', [1, 2, 4]],
  ['loans=sl.[6,8)', [1]],
  ['loans=sr.[1,5)', [2, 4]],
  ['loans=adj.[9,10)', [2]],
  ['loans=nxr.[1,6)', [1]],
  ['loans=nxl.[5,6)', [2, 4]],
  ['data=cs.{"n":10}', [1]],
  ['data->n=eq.10', [1]],
  ['data->>n=eq.9', [2]],
  ['data->n=gt.9', [1, LARGE]],
  ['data->a->b->2->>c=eq.deep', [1]],
  ['data->0=eq.1', [6]],
  ['data->>it\'s=eq."q"', [8]],
  ['notes->>z=eq.2', [3]],
  ['notes=eq.{"a":2,"z":1}', [1]],
  ['tags->0=eq."sf"', [1, 2, 3, LARGE]],
  ['title=fts(english).weapon', [3]],
  ['title=plfts(english).weapons use', [3]],
  ['title=phfts(english).use of weapons', [3]],
  ['title=wfts(english).weapons -use', []],
  ['or=(id.eq.1,and(author_id.eq.2,not.pages.is.null))', [1, 3, 4]],
  ['not.or=(id.lt.6,id.gt.8)', [6, 8]],
  ['not.and=(id.gte.2,id.lte.8)', [1, LARGE]],
  ['shelf=eq.A1', [1, 2]],
  ['isbn=eq.1112345678901234567', []],
  ['code=eq.aa', [1]],
  ['code=eq.aaaaaaaaaaaa', []],
  ['price=eq.10.504', []],
  ['published=lt.1974-05-01T00:00:00Z', [2]],
  ['price=like.1*', [1, 3, 8]],
])('%s', async (filter, expected) => {
  expect(await ids(filter)).toEqual(expected);
});

test.each([
  ['data=cs.5&title=cs.x', 'INVALID_FILTER'],
  ['title=is.true', 'INVALID_FILTER'],
  ['tags=sl.{a}', 'INVALID_FILTER'],
  ['title=fts(elvish).x', 'INVALID_FILTER'],
  ['titel=eq.x', 'COLUMN_NOT_FOUND'],
  ['select=titel', 'COLUMN_NOT_FOUND'],
  ['order=titel', 'COLUMN_NOT_FOUND'],
  ['select=id::regclass', 'INVALID_SELECT'],
  ['select=id,shops(id)', 'RELATIONSHIP_NOT_FOUND'],
  ['select=id,authors(id)', 'RELATIONSHIP_AMBIGUOUS'],
  ['order=genres(name)&select=id,genres(name)', 'INVALID_ORDER'],
  ['select=...genres(name)', 'INVALID_SELECT'],
  ['select=title.sum()', 'INVALID_SELECT'],
  ['select=count()&order=title', 'INVALID_ORDER'],
])('%s is refused: %s', async (url, code) => {
  await expect(library.get('books', url)).rejects.toMatchObject({ code });
});

test('a mistaken name is answered with those that it may have been meant to be', async () => {
  await expect(library.get('books', 'titel=eq.x')).rejects.toMatchObject({
    details: { parameter: 'titel', table: 'books', closest: ['title'] },
  });
});

test('what is selected', async () => {
  expect(
    await rows(
      'books',
      'select=id,full:title,price::text,data->a->b,data->>n,deep:data->a->b->2->>c,tags->0&id=eq.1',
    ),
  ).toEqual([
    {
      id: 1,
      full: 'The Dispossessed',
      price: '10.50',
      b: [1, 2, { c: 'deep' }],
      n: '10',
      deep: 'deep',
      tags: 'sf',
    },
  ]);
  const [all] = await rows('books', 'id=eq.3');
  expect(all).toMatchObject({
    id: 3,
    title: 'Use of Weapons',
    tags: ['sf', 'war'],
    notes: { z: 2 },
    title_length: 14,
  });
  expect(Object.keys(all)).toHaveLength(17);
  expect(await rows('odd "name', 'select=*,x:w&"a ""quoted"" column"=eq.1'.replaceAll('""', '\\"'))).toEqual([
    { 'a "quoted" column': 1, select: 'x', r: 'rr', w: 7, inserted: 1, x: 7 },
  ]);
});

test('an alias is data: whatever stands in it comes back', async () => {
  const alias = `x"'$1;--`;
  const url = `select=${encodeURIComponent(`"${alias.replaceAll('"', '\\"')}":id`)}&id=eq.1`;
  expect(await rows('books', url)).toEqual([{ [alias]: 1 }]);
});

test('numbers beyond what JavaScript can hold', async () => {
  const { row } = await library.get('books', 'select=id,data&id=eq.9007199254740993');
  expect(row.body).toContain('"id":9007199254740993');
  expect(row.body).toContain('{"n": 9007199254740993}');
  const asText = await library.get(
    'books',
    'select=id,price,pages,authors!books_author(id)&id=eq.9007199254740993',
    {
      preferences: { ...(await import('../testing/open-library.ts')).NO_PREFERENCES, numbers: 'string' },
    },
  );
  expect(asText.rows).toEqual([{ id: '9007199254740993', price: '0.10', pages: 5, authors: { id: 3 } }]);
});

describe('embedding', () => {
  test('one, many, many through a join table, and one to one', async () => {
    expect(
      await rows('books', 'select=title,author:authors!books_author(name),genres(name),covers(url)&id=eq.3'),
    ).toEqual([
      {
        title: 'Use of Weapons',
        author: { name: 'Iain' },
        genres: [{ name: 'science fiction' }, { name: 'war' }],
        covers: { url: 'https://x/3' },
      },
    ]);
    expect(await rows('authors', 'select=name,books!books_translator(id)&order=id')).toEqual([
      { name: 'Ursula', books: [{ id: LARGE }] },
      { name: 'Iain', books: [] },
      { name: 'Ada', books: [{ id: 2 }, { id: 5 }] },
    ]);
    expect(await rows('books', 'select=author_id(name),books_translator(name)&id=eq.2')).toEqual([
      { author_id: { name: 'Ursula' }, books_translator: { name: 'Ada' } },
    ]);
  });

  test('both ways along a key of a table to itself, and deep', async () => {
    expect(
      await rows(
        'authors',
        'select=name,mentor:authors!parent(name),pupils:authors!children(name,mentor:mentor_id(name))&order=id',
      ),
    ).toEqual([
      {
        name: 'Ursula',
        mentor: null,
        pupils: [
          { name: 'Iain', mentor: { name: 'Ursula' } },
          { name: 'Ada', mentor: { name: 'Ursula' } },
        ],
      },
      { name: 'Iain', mentor: { name: 'Ursula' }, pupils: [] },
      { name: 'Ada', mentor: { name: 'Ursula' }, pupils: [] },
    ]);
    await expect(library.get('authors', 'select=authors(name)')).rejects.toMatchObject({
      code: 'RELATIONSHIP_AMBIGUOUS',
      details: { candidates: [{ write: 'authors!parent' }, { write: 'authors!children' }] },
    });
  });

  test('filters, orders and limits of an embed', async () => {
    expect(
      await rows(
        'authors',
        'select=id,books!books_author(id)&books.order=title.desc&books.limit=2&books.id=lt.6&order=id.desc',
      ),
    ).toEqual([
      { id: 3, books: [] },
      { id: 2, books: [{ id: 3 }, { id: 5 }] },
      { id: 1, books: [{ id: 2 }, { id: 1 }] },
    ]);
  });

  test('inner leaves out rows that have none, and a page is cut after that', async () => {
    expect(await rows('books', 'select=id,genres!inner(id)&genres.id=eq.1&order=id.desc&limit=2')).toEqual([
      { id: 3, genres: [{ id: 1 }] },
      { id: 2, genres: [{ id: 1 }] },
    ]);
    expect(await rows('books', 'select=id,covers!inner()&order=id')).toEqual([{ id: 1 }, { id: 3 }]);
  });

  test('rows without any, and with', async () => {
    expect(await rows('books', 'select=id,genres()&genres=is.null&order=id&limit=2')).toEqual([
      { id: 4 },
      { id: 5 },
    ]);
    expect(
      await rows('books', 'select=id,genres(id),covers()&or=(covers.not.is.null,genres.is.null)&id=lt.5'),
    ).toEqual([
      { id: 1, genres: [{ id: 1 }] },
      { id: 3, genres: [{ id: 1 }, { id: 2 }] },
      { id: 4, genres: [] },
    ]);
    expect(await rows('books', 'select=id,g:genres()&g=is.null&genres.id=eq.2&id=lt.4')).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
  });

  test('the columns of one related row among those of its parent', async () => {
    expect(
      await rows(
        'books',
        'select=id,...authors!books_author(writer:name,...mentor_id(mentor:name)),...translator_id(name)&id=in.(2,3)',
      ),
    ).toEqual([
      { id: 2, writer: 'Ursula', mentor: null, name: 'Ada' },
      { id: 3, writer: 'Iain', mentor: 'Ursula', name: null },
    ]);
  });

  test('order by a related row', async () => {
    expect(
      await rows('books', 'select=id,authors!books_author(name)&order=authors(name).desc,id.desc&limit=3'),
    ).toEqual([
      { id: 2, authors: { name: 'Ursula' } },
      { id: 1, authors: { name: 'Ursula' } },
      { id: 5, authors: { name: 'Iain' } },
    ]);
  });
});
