import { describe, expect, test } from 'vitest';
import { refusalOf } from '../testing/refusal.ts';
import type { Embed, SelectedField, SelectItem } from './ast.ts';
import { parseSelect } from './select.ts';

const field = (column: string, more: Partial<SelectedField> = {}): SelectedField => ({
  kind: 'field',
  field: { column, steps: [], isText: false },
  alias: undefined,
  cast: undefined,
  aggregate: undefined,
  ...more,
});

const embed = (relation: string, select: SelectItem[], more: Partial<Embed> = {}): Embed => ({
  kind: 'embed',
  relation,
  hint: undefined,
  alias: undefined,
  join: 'left',
  isSpread: false,
  select,
  where: [],
  order: [],
  limit: undefined,
  offset: undefined,
  ...more,
});

const path = (column: string, steps: SelectedField['field']['steps'], isText = false) => ({
  column,
  steps,
  isText,
});
const all = { kind: 'all' } as const;

const read: [string, SelectItem[]][] = [
  ['', []],
  [' ', []],
  ['*', [all]],
  ['id', [field('id')]],
  ['id,name', [field('id'), field('name')]],
  ['*,id', [all, field('id')]],
  [' id ,\tname ', [field('id'), field('name')]],
  ['first name', [field('first name')]],
  ['first-name', [field('first-name')]],
  ['a-b-c->d', [field('a-b-c', { field: path('a-b-c', [{ key: 'd' }]) })]],
  ['$1,_,123', [field('$1'), field('_'), field('123')]],
  ['naïve,موارد,𝒳', [field('naïve'), field('موارد'), field('𝒳')]],
  ['"weird, name"', [field('weird, name')]],
  ['" led and trailed "', [field(' led and trailed ')]],
  [String.raw`"a\"b\\c\d"`, [field(String.raw`a"b\cd`)]],
  ['"*"', [field('*')]],
  ['full:name', [field('name', { alias: 'full' })]],
  ['"Full name":"Name"', [field('Name', { alias: 'Full name' })]],
  ['price::text', [field('price', { cast: 'text' })]],
  ['tags::text[],id', [field('tags', { cast: 'text[]' }), field('id')]],
  ['p:price::double precision', [field('price', { alias: 'p', cast: 'double precision' })]],
  ['data->a', [field('data', { field: path('data', [{ key: 'a' }]) })]],
  ['data->>a', [field('data', { field: path('data', [{ key: 'a' }], true) })]],
  [
    'data->a->0->>b',
    [field('data', { field: path('data', [{ key: 'a' }, { index: 0 }, { key: 'b' }], true) })],
  ],
  ['data->-1', [field('data', { field: path('data', [{ index: -1 }]) })]],
  ['data->-0', [field('data', { field: path('data', [{ index: 0 }]) })]],
  ['data->0x', [field('data', { field: path('data', [{ key: '0x' }]) })]],
  ['data->"0"', [field('data', { field: path('data', [{ key: '0' }]) })]],
  ['data->""', [field('data', { field: path('data', [{ key: '' }]) })]],
  ['data->"a.b->c,(d)"', [field('data', { field: path('data', [{ key: 'a.b->c,(d)' }]) })]],
  ['data->!@#$%^&*_a', [field('data', { field: path('data', [{ key: '!@#$%^&*_a' }]) })]],
  ['data->a-b', [field('data', { field: path('data', [{ key: 'a-b' }]) })]],
  ["data->'x'||pg_sleep", [field('data', { field: path('data', [{ key: "'x'||pg_sleep" }]) })]],
  [
    'x:data->>a::int',
    [field('data', { alias: 'x', cast: 'int', field: path('data', [{ key: 'a' }], true) })],
  ],
  ['items(data->0)', [embed('items', [field('data', { field: path('data', [{ index: 0 }]) })])]],
  ['count()', [{ kind: 'count', alias: undefined, cast: undefined }]],
  ['n:count()::text', [{ kind: 'count', alias: 'n', cast: 'text' }]],
  ['count', [field('count')]],
  ['"count"(id)', [embed('count', [field('id')])]],
  ['amount.sum()', [field('amount', { aggregate: { name: 'sum', cast: undefined } })]],
  ['amount.avg()::int', [field('amount', { aggregate: { name: 'avg', cast: 'int' } })]],
  [
    'most:data->>x::numeric.max()::text',
    [
      field('data', {
        alias: 'most',
        cast: 'numeric',
        field: path('data', [{ key: 'x' }], true),
        aggregate: { name: 'max', cast: 'text' },
      }),
    ],
  ],
  [
    'a.min(),b.count()',
    [
      field('a', { aggregate: { name: 'min', cast: undefined } }),
      field('b', { aggregate: { name: 'count', cast: undefined } }),
    ],
  ],
  ['items(*)', [embed('items', [all])]],
  ['items()', [embed('items', [])]],
  ['items( )', [embed('items', [])]],
  ['items(count)', [embed('items', [field('count')])]],
  ['items(count())', [embed('items', [{ kind: 'count', alias: undefined, cast: undefined }])]],
  ['author:users!fk(id)', [embed('users', [field('id')], { alias: 'author', hint: 'fk' })]],
  ['users!inner(id)', [embed('users', [field('id')], { join: 'inner' })]],
  ['users!left(id)', [embed('users', [field('id')])]],
  ['users!fk!inner(id)', [embed('users', [field('id')], { hint: 'fk', join: 'inner' })]],
  ['users!inner!fk(id)', [embed('users', [field('id')], { hint: 'fk', join: 'inner' })]],
  ['users!"inner"(id)', [embed('users', [field('id')], { hint: 'inner' })]],
  ['users!leftover(id)', [embed('users', [field('id')], { hint: 'leftover' })]],
  ['...users(name)', [embed('users', [field('name')], { isSpread: true })]],
  [
    '...users!fk!inner(name)',
    [embed('users', [field('name')], { isSpread: true, hint: 'fk', join: 'inner' })],
  ],
  [
    'id, author:users( id , items(*) ) , b',
    [field('id'), embed('users', [field('id'), embed('items', [all])], { alias: 'author' }), field('b')],
  ],
  ['a(b(c(d(e))))', [embed('a', [embed('b', [embed('c', [embed('d', [field('e')])])])])]],
  ['__proto__,constructor:toString', [field('__proto__'), field('toString', { alias: 'constructor' })]],
];

describe('select', () => {
  test.each(read)('reads %j', (text, items) => expect(parseSelect(text)).toEqual(items));
});

const LONG = 'n'.repeat(64);

const refused: [string, number, string][] = [
  [',', 0, 'the name of a column is missing'],
  ['id,', 3, 'the name of a column is missing'],
  ['id,,name', 3, 'the name of a column is missing'],
  ['id)', 2, '")" is one too many'],
  ['id;drop', 2, '";" is one too many'],
  ['id,(select version())', 3, 'the name of a column is missing'],
  ['id::text)--', 8, '")" is one too many'],
  ['id::', 4, 'the name of a type is missing'],
  ['alias"x:id', 5, '""" is one too many'],
  ['todos"||(select 1)||"task,count()', 5, '""" is one too many'],
  ['"never', 0, 'the double quote is never closed'],
  ['"never\\"', 0, 'the double quote is never closed'],
  ['""', 0, 'the name of a column is missing'],
  ['*x', 1, '"x" is one too many'],
  ['*!hint', 1, '"!" is one too many'],
  ['a:*', 2, 'the name of a column is missing'],
  ['a:...b(c)', 2, 'the name of a column is missing'],
  ['..b(c)', 0, 'the name of a column is missing'],
  ['-a', 0, 'begins with a dash'],
  ['a-', 2, 'dashes at its end'],
  ['a--b', 2, 'dashes at its end'],
  ['name!hint', 9, 'the end stands where "("'],
  ['users!a!b(id)', 8, 'one foreign key and one of inner and left'],
  ['users!left!inner(id)', 11, 'one foreign key and one of inner and left'],
  ['users!fk"--(id)', 8, '""" stands where "("'],
  ['users(id', 8, 'the end stands where ")"'],
  ['users(id))', 9, '")" is one too many'],
  ['clients(name[])', 12, '"[" stands where ")"'],
  ['data->', 6, 'after an arrow comes a key or the index of an element'],
  ['data->->a', 6, 'after an arrow comes a key or the index of an element'],
  ['data->>-78xy', 7, 'begins with a dash'],
  ['data->>--34', 7, 'begins with a dash'],
  ['data->>a->b', 8, '->> gives text'],
  ['data->99999999999', 6, 'no array has an element 99999999999'],
  ['data->"a', 6, 'the double quote is never closed'],
  ['amount.median()', 7, 'sum(), avg(), min(), max()'],
  ['amount.sum', 7, 'an aggregate comes after the column'],
  ['amount.sum()()', 12, '"(" is one too many'],
  ['count()x', 7, '"x" is one too many'],
  [LONG, 0, 'no name is longer than 63 bytes'],
  [`id,"${'é'.repeat(32)}"`, 3, 'no name is longer than 63 bytes'],
  ['id::regclass\u0001', 12, 'is one too many'],
];

describe('a wrong select', () => {
  test.each(refused)('%j is refused at %i', (text, position, problem) => {
    const { code, message, details } = refusalOf(() => parseSelect(text));
    expect({ code, details }).toEqual({ code: 'INVALID_SELECT', details: { parameter: 'select', position } });
    expect(message).toContain(problem);
    expect(message).toMatch(/^select=/);
  });

  const tooMuch: [string, string][] = [
    ['a(b(c(d(e(f)))))', 'embedDepth'],
    [`data${'->a'.repeat(17)}`, 'jsonSteps'],
    [Array.from({ length: 1_001 }, () => 'a').join(), 'selectItems'],
  ];
  test.each(tooMuch)('%.20j… asks for too much: %s', (text, limit) => {
    const { code, details } = refusalOf(() => parseSelect(text));
    expect(code).toBe('TOO_COMPLEX');
    expect(details).toMatchObject({ limit });
  });

  test('what is just within the limits is read', () => {
    expect(parseSelect(`data${'->a'.repeat(16)}`)).toHaveLength(1);
    expect(parseSelect('é'.repeat(31))).toHaveLength(1);
    expect(parseSelect(Array.from({ length: 1_000 }, () => 'a').join())).toHaveLength(1_000);
  });

  test('a long one is shown only in part', () => {
    const { message } = refusalOf(() => parseSelect(`${'a,'.repeat(500)})`));
    expect(message.length).toBeLessThan(200);
  });
});
