import { describe, expect, test } from 'vitest';
import { refusalOf } from '../testing/refusal.ts';
import type { OrderTerm, RowsUrl } from './ast.ts';
import { findEmbed } from './embeds.ts';
import { parseCallUrl, parseRowsUrl } from './rows-url.ts';

const nothing: RowsUrl = {
  select: [{ kind: 'all' }],
  where: [],
  order: [],
  limit: undefined,
  offset: undefined,
  columns: undefined,
  onConflict: undefined,
  on: undefined,
  cursor: undefined,
};

const fail = (problem: string): never => {
  throw new Error(problem);
};

test.each(['', '?', '&&', '?&'])('%j asks for everything', (query) => {
  expect(parseRowsUrl(query)).toEqual(nothing);
});

test('an empty select is of nothing', () => {
  expect(parseRowsUrl('select=').select).toEqual([]);
});

const by = (column: string, offset: number, more: Partial<OrderTerm> = {}): OrderTerm => ({
  field: { column, steps: [], isText: false },
  relation: undefined,
  aggregate: undefined,
  direction: 'asc',
  nulls: undefined,
  at: { parameter: 'order', offset },
  ...more,
});

const orders: [string, OrderTerm[]][] = [
  ['a', [by('a', 0)]],
  ['a.asc,b.desc', [by('a', 0), by('b', 6, { direction: 'desc' })]],
  ['a.desc.nullslast', [by('a', 0, { direction: 'desc', nulls: 'last' })]],
  ['a.nullsfirst', [by('a', 0, { nulls: 'first' })]],
  [' a , b ', [by('a', 1), by('b', 5)]],
  ['desc.desc', [by('desc', 0, { direction: 'desc' })]],
  ['"a.b".desc', [by('a.b', 0, { direction: 'desc' })]],
  [
    'data->>x.desc',
    [by('data', 0, { direction: 'desc', field: { column: 'data', steps: [{ key: 'x' }], isText: true } })],
  ],
  [
    'data->0.desc',
    [by('data', 0, { direction: 'desc', field: { column: 'data', steps: [{ index: 0 }], isText: false } })],
  ],
  ['dir(last).desc.nullsfirst', [by('last', 0, { relation: 'dir', direction: 'desc', nulls: 'first' })]],
  [
    'dir(data->x),b',
    [
      by('data', 0, { relation: 'dir', field: { column: 'data', steps: [{ key: 'x' }], isText: false } }),
      by('b', 13),
    ],
  ],
  ['amount.sum().desc', [by('amount', 0, { aggregate: 'sum', direction: 'desc' })]],
  ['amount.max()', [by('amount', 0, { aggregate: 'max' })]],
  [
    'count().desc,count.desc',
    [
      by('', 0, { field: undefined, aggregate: 'count', direction: 'desc' }),
      by('count', 13, { direction: 'desc' }),
    ],
  ],
];

describe('order', () => {
  test.each(orders)('reads %s', (value, order) => {
    expect(parseRowsUrl(`order=${encodeURIComponent(value)}`)).toEqual({ ...nothing, order });
  });
});

test('a condition on an aggregate is one of having', () => {
  const { where } = parseRowsUrl(
    'having=(amount.sum().gt.100,not.count().gte.2,data->>x.max().not.is.null,or(count().eq.1,count().in.(2,3)))',
  );
  const at = (offset: number) => ({ parameter: 'having', offset });
  const having = { kind: 'having', isNegated: false };
  expect(where).toEqual([
    {
      ...having,
      aggregate: 'sum',
      field: { column: 'amount', steps: [], isText: false },
      test: { operator: 'gt', value: '100' },
      at: at(1),
    },
    { ...having, isNegated: true, aggregate: 'count', test: { operator: 'gte', value: '2' }, at: at(21) },
    {
      ...having,
      isNegated: true,
      aggregate: 'max',
      field: { column: 'data', steps: [{ key: 'x' }], isText: true },
      test: { operator: 'is', value: 'null' },
      at: at(39),
    },
    {
      kind: 'or',
      isNegated: false,
      conditions: [
        { ...having, aggregate: 'count', test: { operator: 'eq', value: '1' }, at: at(69) },
        { ...having, aggregate: 'count', test: { operator: 'in', values: ['2', '3'] }, at: at(82) },
      ],
    },
  ]);
});

describe('what is about an embedded table', () => {
  test('goes there, by its name or alias, whatever the order of the parameters', () => {
    const url = parseRowsUrl(
      'items.qty=gt.3&items.parts.order=id.desc&items.limit=2&a.offset=4&items.not.or=(x.eq.1)&items.having=(count().gt.1)' +
        '&select=items(*,parts(id)),a:users!fk(id)&id=eq.1',
    );
    expect(url.where).toHaveLength(1);
    expect(findEmbed(url, ['items'], fail)).toMatchObject({
      where: [{ field: { column: 'qty' } }, { kind: 'or', isNegated: true }, { kind: 'having' }],
      limit: 2,
    });
    expect(findEmbed(url, ['items', 'parts'], fail)).toMatchObject({
      order: [{ field: { column: 'id' }, direction: 'desc', at: { parameter: 'items.parts.order' } }],
    });
    expect(findEmbed(url, ['a'], fail)).toMatchObject({ offset: 4 });
    expect(findEmbed(url, ['users'], fail)).toBe(findEmbed(url, ['a'], fail));
  });

  test('goes to the alias where another relation has that name', () => {
    const url = parseRowsUrl('select=a(id),a:b(id)&a.limit=1');
    expect(url.select).toMatchObject([
      { relation: 'a', limit: undefined },
      { relation: 'b', limit: 1 },
    ]);
  });

  test('names of the request as a whole are those of columns there', () => {
    const url = parseRowsUrl('select=a()&a.select=eq.1&a.cursor=eq.1&a.on=eq.2&a.columns=eq.3');
    expect(findEmbed(url, ['a'], fail).where).toHaveLength(4);
  });
});

test('lists of columns', () => {
  expect(parseRowsUrl('columns="id",name,"id","a b"&on_conflict=a,b&on=id, tenant_id&cursor=abc')).toEqual({
    ...nothing,
    columns: ['id', 'name', 'a b'],
    onConflict: ['a', 'b'],
    on: ['id', 'tenant_id'],
    cursor: 'abc',
  });
});

const refused: [string, string, string, number, string][] = [
  ['order=', 'INVALID_ORDER', 'order', 0, 'the name of a column is missing'],
  ['order=a,', 'INVALID_ORDER', 'order', 2, 'the name of a column is missing'],
  ['order=id.ac', 'INVALID_ORDER', 'order', 3, 'come .asc or .desc'],
  ['order=id.descc', 'INVALID_ORDER', 'order', 3, 'come .asc or .desc'],
  ['order=id.nullslast.desc', 'INVALID_ORDER', 'order', 13, 'come .asc or .desc'],
  ['order=id.asc.asc', 'INVALID_ORDER', 'order', 7, 'come .asc or .desc'],
  ['order=id.desc.sum()', 'INVALID_ORDER', 'order', 8, 'come .asc or .desc'],
  ['order=id.desc;drop table t', 'INVALID_ORDER', 'order', 7, '";" is one too many'],
  ['order=id,(select pg_sleep(5))', 'INVALID_ORDER', 'order', 3, 'the name of a column is missing'],
  ['order=clients(name,id)', 'INVALID_ORDER', 'order', 12, '"," stands where ")"'],
  ['order=clients(name).sum()', 'INVALID_ORDER', 'order', 14, 'come .asc or .desc'],
  ['order=a&order=b', 'INVALID_ORDER', 'order', 0, 'more than once'],
  ['x.order=a', 'INVALID_ORDER', 'x.order', 0, '"x" is not embedded'],
  ['limit=-1', 'INVALID_RANGE', 'limit', 0, 'a whole number from 0'],
  ['limit=', 'INVALID_RANGE', 'limit', 0, 'a whole number from 0'],
  ['limit=1e18', 'INVALID_RANGE', 'limit', 0, 'a whole number from 0'],
  ['limit=NaN', 'INVALID_RANGE', 'limit', 0, 'a whole number from 0'],
  ['offset=9000000000000000', 'INVALID_RANGE', 'offset', 0, 'a whole number from 0'],
  ['offset=1.5', 'INVALID_RANGE', 'offset', 0, 'a whole number from 0'],
  ['limit=1&limit=2', 'INVALID_RANGE', 'limit', 0, 'more than once'],
  ['offset=0&offset=0', 'INVALID_RANGE', 'offset', 0, 'more than once'],
  ['x.limit=1', 'INVALID_RANGE', 'x.limit', 0, '"x" is not embedded'],
  ['select=a&select=b', 'INVALID_SELECT', 'select', 0, 'more than once'],
  ['columns=', 'INVALID_SELECT', 'columns', 0, 'the name of a column is missing'],
  ['columns=a,b) values(1)--', 'INVALID_SELECT', 'columns', 3, '")" is one too many'],
  ['columns=a&columns=b', 'INVALID_SELECT', 'columns', 0, 'more than once'],
  ['on_conflict=id) do update set x=1--', 'INVALID_SELECT', 'on_conflict', 2, '")" is one too many'],
  ['on=a.b', 'INVALID_SELECT', 'on', 1, '"." is one too many'],
  ['cursor=a&cursor=b', 'CURSOR_INVALID', 'cursor', 0, 'more than once'],
  ['having=(amount.gt.100)', 'INVALID_FILTER', 'having', 8, 'an aggregate comes after the column'],
  ['having=(amount)', 'INVALID_FILTER', 'having', 7, '")" stands where "."'],
  ['having=(count.eq.1)', 'INVALID_FILTER', 'having', 7, 'an aggregate comes after the column'],
  ['having=amount.sum().gt.1', 'INVALID_FILTER', 'having', 0, '"a" stands where "("'],
  ['x.having=(count().gt.1)', 'INVALID_FILTER', 'x.having', 0, '"x" is not embedded'],
];

describe('a wrong URL', () => {
  test.each(refused)('%s is refused: %s', (query, code, parameter, position, problem) => {
    const refusal = refusalOf(() => parseRowsUrl(query));
    expect(refusal).toMatchObject({ code, details: { parameter, position } });
    expect(refusal.message).toContain(problem);
  });

  test.each([
    ['a=eq.%zz', 'a'],
    ['a=eq.%', 'a'],
    ['a=eq.%ff', 'a'],
    ['a=eq.%ed%a0%80', 'a'],
    ['a=eq.%c0%80', 'a'],
    ['a=eq.b%00', 'a'],
    ['%00=eq.1', '%00'],
    ['select=a%00', 'select'],
    ['a=eq.\u00e9', 'query'],
    ['a=eq.\u0000', 'query'],
  ])('%s is refused for how it is written', (query, parameter) => {
    expect(refusalOf(() => parseRowsUrl(query))).toMatchObject({
      code: 'INVALID_FILTER',
      details: { parameter },
    });
  });

  const embeds = (length: number) => Array.from({ length }, (_, i) => `e${i}()`).join();
  const tooMuch: [string, string][] = [
    [Array.from({ length: 201 }, (_, i) => `a${i}=eq.1`).join('&'), 'parameters'],
    [`a=eq.${'x'.repeat(17_000)}`, 'parameterLength'],
    [`a=eq.${'x'.repeat(1_000_000)}`, 'parameterLength'],
    [`select=${embeds(11)}`, 'embeds'],
    [`order=${Array.from({ length: 33 }, () => 'a').join()}`, 'orderTerms'],
    [`columns=${Array.from({ length: 1_601 }, (_, i) => `c${i}`).join()}`, 'columns'],
  ];
  test.each(tooMuch)('%.20s… asks for too much: %s', (query, limit) => {
    expect(refusalOf(() => parseRowsUrl(query))).toMatchObject({ code: 'TOO_COMPLEX', details: { limit } });
  });

  test('what is just within the limits is read', () => {
    expect(parseRowsUrl(`select=${embeds(10)}`).select).toHaveLength(10);
    expect(parseRowsUrl(`a=eq.${'x'.repeat(16_000)}`).where).toHaveLength(1);
    expect(parseRowsUrl(`${'&'.repeat(100_000)}limit=0`).limit).toBe(0);
    expect(parseRowsUrl('offset=999999999999999').offset).toBe(999_999_999_999_999);
  });
});

test('the URL of a function holds its arguments beside what is asked of its rows', () => {
  const called = parseCallUrl(
    'a=1&b=eq.2&a=%7B1,2%7D&select=id&"order"=x&data->x=eq.1&limit=3&c=not.a.filter&d=',
  );
  expect(called.arguments).toEqual([
    { name: 'a', value: '1' },
    { name: 'a', value: '{1,2}' },
    { name: 'order', value: 'x' },
    { name: 'c', value: 'not.a.filter' },
    { name: 'd', value: '' },
  ]);
  expect(called.url).toMatchObject({
    limit: 3,
    where: [{ field: { column: 'b' } }, { field: { column: 'data' } }],
  });
  expect(refusalOf(() => parseCallUrl('data->x=1')).code).toBe('INVALID_FILTER');
});
