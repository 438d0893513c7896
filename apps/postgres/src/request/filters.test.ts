import { describe, expect, test } from 'vitest';
import { refusalOf } from '../testing/refusal.ts';
import type { Condition, FieldPath, Test } from './ast.ts';
import { OPERATORS } from './condition-test.ts';
import { parseRowsUrl } from './rows-url.ts';

const fieldOf = (column: string, steps: FieldPath['steps'] = [], isText = false): FieldPath => ({
  column,
  steps,
  isText,
});

const one = (
  parameter: string,
  asked: Test,
  more: Partial<Condition & { kind: 'test' }> = {},
): Condition => ({
  kind: 'test',
  isNegated: false,
  field: fieldOf(parameter),
  test: asked,
  at: { parameter, offset: 0 },
  ...more,
});

const within = (column: string, asked: Test, offset: number, isNegated = false): Condition =>
  one(column, asked, { isNegated, at: { parameter: 'or', offset } });

const filters: [string, Condition][] = [
  ['id=eq.5', one('id', { operator: 'eq', value: '5' })],
  ['id=eq.', one('id', { operator: 'eq', value: '' })],
  ['id=not.eq.5', one('id', { operator: 'eq', value: '5' }, { isNegated: true })],
  ['id=eq.a.b,c(d)"e"', one('id', { operator: 'eq', value: 'a.b,c(d)"e"' })],
  ['name=eq.a+b%2Bc%26d', one('name', { operator: 'eq', value: 'a b+c&d' })],
  ['name=eq.a=b', one('name', { operator: 'eq', value: 'a=b' })],
  ['name=neq.x', one('name', { operator: 'neq', value: 'x' })],
  ['name=like.*a_%25*', one('name', { operator: 'like', value: '*a_%*' })],
  ['name=isdistinct.null', one('name', { operator: 'isdistinct', value: 'null' })],
  ['name=like(any).{O*,P*}', one('name', { operator: 'like', quantified: 'any', values: ['O*', 'P*'] })],
  [
    'id=not.eq(all).{1}',
    one('id', { operator: 'eq', quantified: 'all', values: ['1'] }, { isNegated: true }),
  ],
  ['id=eq(any).{}', one('id', { operator: 'eq', quantified: 'any', values: [] })],
  [
    String.raw`n=eq(any).{ a b , "c,d" ,"e\"f", g\,h ,"null",""}`,
    one('n', {
      operator: 'eq',
      quantified: 'any',
      values: ['a b', 'c,d', 'e"f', 'g,h', 'null', ''],
    }),
  ],
  ['tags=cs.{a,"b c"}', one('tags', { operator: 'cs', value: '{a,"b c"}' })],
  ['data=cs.{"a":{"b":1}}', one('data', { operator: 'cs', value: '{"a":{"b":1}}' })],
  ['span=adj.[1,5)', one('span', { operator: 'adj', value: '[1,5)' })],
  ['text=fts.cats', one('text', { operator: 'fts', value: 'cats', config: undefined })],
  ['text=wfts(english).a+-b', one('text', { operator: 'wfts', value: 'a -b', config: 'english' })],
  [
    'text=not.plfts(my_config).x',
    one('text', { operator: 'plfts', value: 'x', config: 'my_config' }, { isNegated: true }),
  ],
  ['text=fts.a:*|!(((', one('text', { operator: 'fts', value: 'a:*|!(((', config: undefined })],
  ['a=is.null', one('a', { operator: 'is', value: 'null' })],
  ['a=is.NOT_NULL', one('a', { operator: 'is', value: 'not_null' })],
  ['a=not.is.Unknown', one('a', { operator: 'is', value: 'unknown' }, { isNegated: true })],
  ['id=in.(1,2)', one('id', { operator: 'in', values: ['1', '2'] })],
  ['id=in.()', one('id', { operator: 'in', values: [] })],
  ['id=in.( )', one('id', { operator: 'in', values: [] })],
  ['id=in.("")', one('id', { operator: 'in', values: [''] })],
  ['id=in.(,)', one('id', { operator: 'in', values: ['', ''] })],
  ['id=not.in.(1)', one('id', { operator: 'in', values: ['1'] }, { isNegated: true })],
  [
    String.raw`n=in.(1,"a,b",c d,"e\"f","g\\h","(i)",'j')`,
    one('n', { operator: 'in', values: ['1', 'a,b', 'c d', 'e"f', 'g\\h', '(i)', "'j'"] }),
  ],
  ['n=in.("a"b,5",""c)', one('n', { operator: 'in', values: ['"a"b', '5"', '""c'] })],
  ['n=in.("a,b)', one('n', { operator: 'in', values: ['"a', 'b'] })],
  ['%22a.b%22=eq.1', one('"a.b"', { operator: 'eq', value: '1' }, { field: fieldOf('a.b') })],
  ['"order"=eq.1', one('"order"', { operator: 'eq', value: '1' }, { field: fieldOf('order') })],
  ['Unit%20Price=lt.2', one('Unit Price', { operator: 'lt', value: '2' })],
  [
    'data->a->0->>b=gt.1',
    one(
      'data->a->0->>b',
      { operator: 'gt', value: '1' },
      {
        field: fieldOf('data', [{ key: 'a' }, { index: 0 }, { key: 'b' }], true),
      },
    ),
  ],
  [
    'data->>order=eq.1',
    one('data->>order', { operator: 'eq', value: '1' }, { field: fieldOf('data', [{ key: 'order' }], true) }),
  ],
  ['__proto__=eq.1', one('__proto__', { operator: 'eq', value: '1' })],
  ['constructor=in.(toString)', one('constructor', { operator: 'in', values: ['toString'] })],
  ['cursor=eq.5', one('cursor', { operator: 'eq', value: '5' })],
  ['on=not.in.(5)', one('on', { operator: 'in', values: ['5'] }, { isNegated: true })],
  ['having=is.true', one('having', { operator: 'is', value: 'true' })],
  ['not=eq.5', one('not', { operator: 'eq', value: '5' })],
];

describe('a filter', () => {
  test.each(filters)('reads %s', (query, condition) => {
    expect(parseRowsUrl(query).where).toEqual([condition]);
  });

  test.each(OPERATORS.filter((name) => name !== 'in' && name !== 'is'))(
    'takes the value of %s as it is',
    (operator) => {
      const [condition] = parseRowsUrl(`a=${operator}.{"x",(y}`).where;
      expect(condition).toMatchObject({ test: { operator, value: '{"x",(y}' } });
    },
  );

  test('is one of several that all are to hold, in their order', () => {
    const { where } = parseRowsUrl('a=gt.1&b=eq.2&a=lt.9');
    expect(where).toEqual([
      one('a', { operator: 'gt', value: '1' }),
      one('b', { operator: 'eq', value: '2' }),
      one('a', { operator: 'lt', value: '9' }),
    ]);
  });

  test('takes 1,000 values and no more', () => {
    const list = (length: number) => Array.from({ length }, (_, i) => i).join();
    expect(parseRowsUrl(`a=in.(${list(1_000)})`).where).toHaveLength(1);
    for (const query of [`a=in.(${list(1_001)})`, `a=eq(any).{${list(1_001)}}`])
      expect(refusalOf(() => parseRowsUrl(query))).toMatchObject({
        code: 'TOO_COMPLEX',
        details: { limit: 'listElements', maximum: 1_000, parameter: 'a' },
      });
  });
});

const eq = (value: string): Test => ({ operator: 'eq', value });

const trees: [string, Condition[]][] = [
  ['(a.eq.1)', [within('a', eq('1'), 1)]],
  ['( a.eq.1 , b.eq.2 ) ', [within('a', eq('1 '), 2), within('b', eq('2 '), 11)]],
  ['(a.not.eq.1,not.b.eq.2)', [within('a', eq('1'), 1, true), within('b', eq('2'), 12, true)]],
  ['(not.a.not.eq.1)', [within('a', eq('1'), 1)]],
  ['(not.eq.1)', [within('not', eq('1'), 1)]],
  ['(not.not.eq.1)', [within('not', eq('1'), 1, true)]],
  ['(and.eq.1,or.eq.2)', [within('and', eq('1'), 1), within('or', eq('2'), 10)]],
  ['(a.eq."b,c)\\"d",e.eq."f"g)', [within('a', eq('b,c)"d'), 1), within('e', eq('"f"g'), 16)]],
  ['(a.eq.)', [within('a', eq(''), 1)]],
  [
    '(a.cs.{1,2},b.ov.{})',
    [within('a', { operator: 'cs', value: '{1,2}' }, 1), within('b', { operator: 'ov', value: '{}' }, 12)],
  ],
  [
    '(a.in.(1,"b)"),b.is.null)',
    [
      within('a', { operator: 'in', values: ['1', 'b)'] }, 1),
      within('b', { operator: 'is', value: 'null' }, 15),
    ],
  ],
  [
    '(a.like(any).{"x,y",z},b.fts(simple).q)',
    [
      within('a', { operator: 'like', quantified: 'any', values: ['x,y', 'z'] }, 1),
      within('b', { operator: 'fts', value: 'q', config: 'simple' }, 23),
    ],
  ],
  ['("a.b".eq.1)', [one('a.b', eq('1'), { at: { parameter: 'or', offset: 1 } })]],
  [
    '(data->x->>1.eq.1)',
    [
      one('data', eq('1'), {
        field: fieldOf('data', [{ key: 'x' }, { index: 1 }], true),
        at: { parameter: 'or', offset: 1 },
      }),
    ],
  ],
  [
    '(a.lt.18,and(b.is.true,not.c.eq.1),not.or (a.eq.1))',
    [
      within('a', { operator: 'lt', value: '18' }, 1),
      {
        kind: 'and',
        isNegated: false,
        conditions: [within('b', { operator: 'is', value: 'true' }, 13), within('c', eq('1'), 23, true)],
      },
      { kind: 'or', isNegated: true, conditions: [within('a', eq('1'), 43)] },
    ],
  ],
];

describe('a tree of and and or', () => {
  test.each(trees)('reads or=%s', (value, conditions) => {
    const query = new URLSearchParams({ or: value });
    expect(parseRowsUrl(query.toString()).where).toEqual([{ kind: 'or', isNegated: false, conditions }]);
  });

  test.each([
    ['and', 'and', false],
    ['not.and', 'and', true],
    ['or', 'or', false],
    ['not.or', 'or', true],
  ])('is said by %s=', (name, kind, isNegated) => {
    const at = { parameter: name, offset: 1 };
    const conditions = [one('a', eq('1'), { at })];
    expect(parseRowsUrl(`${name}=(a.eq.1)`).where).toEqual([{ kind, isNegated, conditions }]);
  });

  test('goes ten levels down and no further', () => {
    const nested = (levels: number) => `or=${'(and'.repeat(levels - 1)}(a.eq.1)${')'.repeat(levels - 1)}`;
    expect(parseRowsUrl(nested(10)).where).toHaveLength(1);
    for (const levels of [11, 2_000])
      expect(refusalOf(() => parseRowsUrl(nested(levels)))).toMatchObject({
        code: 'TOO_COMPLEX',
        details: { limit: 'logicDepth' },
      });
  });

  test('holds a hundred conditions with all that is beside it, and no more', () => {
    const list = (length: number) => Array.from({ length }, () => 'a.eq.1').join();
    expect(parseRowsUrl(`or=(${list(98)})&a=eq.1&b=eq.1`).where).toHaveLength(3);
    for (const query of [`or=(${list(101)})`, `select=b()&or=(${list(98)})&a=eq.1&b.c=eq.1&b.or=(d.eq.1)`])
      expect(refusalOf(() => parseRowsUrl(query))).toMatchObject({
        code: 'TOO_COMPLEX',
        details: { limit: 'conditions', maximum: 100 },
      });
  });
});

const refused: [string, string, number, string][] = [
  ['status=foo.1', 'status', 0, '"foo" is no operator; one of eq, neq, '],
  ['id=5', 'id', 0, 'for equality write id=eq.5'],
  ['mail=a@b.c', 'mail', 0, 'for equality write mail=eq.a@b.c'],
  ['price=3.14', 'price', 0, 'for equality write price=eq.3.14'],
  ['id=eq', 'id', 0, 'an operator is missing'],
  ['id', 'id', 0, 'an operator is missing'],
  ['id=', 'id', 0, 'an operator is missing'],
  ['id=EQ.5', 'id', 0, '"EQ" is no operator'],
  ['id=not.', 'id', 4, 'an operator is missing'],
  ['id=not.not.eq.5', 'id', 4, '"not" is no operator'],
  ['id=eq().5', 'id', 2, '"(" stands where "."'],
  ['id=eq(some).{5}', 'id', 2, '"(" stands where "."'],
  ['id=neq(any).{5}', 'id', 3, '(any) and (all) go with eq, '],
  ['id=cs(any).{5}', 'id', 2, '"(" stands where "."'],
  ['id=eq(any).5', 'id', 8, '"5" stands where "{" begins an array'],
  ['id=eq(any).{1,{2}}', 'id', 11, 'an empty element'],
  ['id=eq(any).{1,}', 'id', 11, 'an empty element'],
  ['id=eq(any).{a"b"}', 'id', 10, '""" stands where "}"'],
  ['id=eq(any).{NULL}', 'id', 9, 'ask is.null'],
  ['id=eq(any).{"a}', 'id', 9, 'the double quote is never closed'],
  ['id=eq(any).{1}x', 'id', 11, '"x" is one too many'],
  ['id=eq(any).{a,"}', 'id', 11, 'the double quote is never closed'],
  ['id=in.5', 'id', 3, '"5" stands where "("'],
  ['id=in.(1,2', 'id', 7, 'the end stands where ")"'],
  ['id=in.(1)x', 'id', 6, '"x" is one too many'],
  ['id=in(any).(1)', 'id', 2, '"(" stands where "."'],
  ['id=is.maybe', 'id', 3, 'is takes one of null, not_null, true, false, unknown'],
  ['id=is.nullx', 'id', 3, 'is takes one of'],
  ['id=is.null.x', 'id', 7, '"." is one too many'],
  ['text=fts().x', 'text', 4, 'the name of a text search configuration is missing'],
  ["text=fts(english'); drop--).x", 'text', 11, `"'" stands where ")"`],
  ['or=a.eq.1', 'or', 0, '"a" stands where "("'],
  ['or=()', 'or', 1, 'the name of a column is missing'],
  ['or=(a.eq.1', 'or', 7, 'the end stands where ")"'],
  ['or=(a.eq.1)x', 'or', 8, '"x" is one too many'],
  ['or=(a.eq.1,)', 'or', 8, 'the name of a column is missing'],
  ['or=(a)', 'or', 2, '")" stands where "."'],
  ['or=(a.5)', 'or', 3, 'an operator is missing'],
  ['or=(a.foo.5)', 'or', 3, '"foo" is no operator'],
  ['or=(id.in.1,2)', 'or', 7, '"1" stands where "("'],
  ['or=(xor(a.eq.1))', 'or', 4, '"(" stands where "."'],
  ['or=(a.eq."b"c,d.eq.1', 'or', 17, 'the end stands where ")"'],
  ['or=(a.cs.{1,{2}})', 'or', 9, 'the name of a column is missing'],
  ['not.and=(a.eq)', 'not.and', 3, 'an operator is missing'],
  ['x.y=eq.1', 'x.y', 0, '"x" is not embedded: select it as x(…)'],
  ['x.or=(a.eq.1)', 'x.or', 0, '"x" is not embedded'],
  ['select=a:x(),b:x()&x.y=eq.1', 'x.y', 0, '"x" is embedded more than once'],
  ['=eq.1', '', 0, 'the name of a column is missing'],
  ['.a=eq.1', '.a', 0, 'the name of a column is missing'],
  ['a.=eq.1', 'a.', 2, 'the name of a column is missing'],
  ['a[b]=eq.1', 'a[b]', 1, '"[" is one too many'],
  ['data->>a.b=eq.1', 'data->>a.b', 8, '"." is one too many'],
  ['data->>a::text=eq.1', 'data->>a::text', 8, '":" is one too many'],
  [`data->'x'||pg_sleep(1)=eq.1`, `data->'x'||pg_sleep(1)`, 19, '"(" is one too many'],
  [`${'é'.repeat(32)}=eq.1`, 'query', -1, 'percent-encoded'],
];

describe('a wrong filter', () => {
  test.each(refused)('%s is refused in %j at %i', (query, parameter, position, problem) => {
    const { code, message, details } = refusalOf(() => parseRowsUrl(query));
    expect(code).toBe('INVALID_FILTER');
    expect(details).toEqual(position < 0 ? { parameter } : { parameter, position });
    expect(message).toContain(problem);
  });
});
