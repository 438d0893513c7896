import { expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

const postgres = await openPostgres();
const member = postgres.newMember();

async function at(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) {
  const url = `/v1/postgres/${member.workspaceId}${path}`;
  const { status, body } = await postgres.send(member, {
    method,
    url,
    headers: { prefer: 'return=representation' },
    ...(payload && { payload }),
  });
  return { status, body, error: [status, body.error?.code, body.error?.details?.field] };
}

const ID = { name: 'id', type: 'integer', primaryKey: true };
const text = (name: string) => ({ name, type: 'text' });

test('texts are searched by a column that is made of them', async () => {
  const columns = [ID, text('title'), { name: 'body', type: 'varchar(200)' }];
  expect((await at('POST', '/tables', { name: 'note', columns })).status).toBe(201);
  await at(
    'POST',
    '/rows/note',
    [
      { id: 1, title: 'Running', body: 'of horses' },
      { id: 2, title: 'Cats' },
    ].map((row) => ({ body: null, ...row })),
  );
  const added = await at('POST', '/tables/note/columns', {
    name: 'words',
    type: 'tsvector',
    generated: { as: 'textSearch', config: 'english', columns: ['title', 'body'] },
  });
  expect([added.status, added.body.columns?.at(-1)]).toMatchObject([
    201,
    { name: 'words', default: null, generated: expect.stringContaining("to_tsvector('english'::regconfig") },
  ]);
  const index = await at('POST', '/tables/note/indexes', { columns: [{ name: 'words' }], method: 'gin' });
  expect([index.status, index.body.state]).toEqual([201, 'ready']);
  const found = async (query: string) =>
    (await at('GET', `/rows/note?select=id&words=wfts(english).${query}`)).body.map(
      ({ id }: { id: number }) => id,
    );
  expect([await found('horse'), await found('cat'), await found('dog')]).toEqual([[1], [2], []]);
  await at('PATCH', '/rows/note?id=eq.2', { title: 'Dogs' });
  expect(await found('dog')).toEqual([2]);
  expect((await at('PATCH', '/rows/note?id=eq.2', { words: 'x' })).status).toBe(400);
  expect((await at('DELETE', '/tables/note/columns/title')).error.slice(0, 2)).toEqual([409, 'CONFLICT']);
  const { body } = await at('GET', '/openapi.json');
  expect(body.components.schemas['Row.note'].properties.words).toMatchObject({ readOnly: true });
});

test('texts are joined and folded, numbers reckoned', async () => {
  const made = await at('POST', '/tables', {
    name: 'person',
    columns: [
      ID,
      text('first'),
      text('last'),
      { name: 'price', type: 'numeric(10,2)' },
      { name: 'count', type: 'integer' },
      { ...text('full'), generated: { as: 'concat', columns: ['last', 'first'], separator: "', '" } },
      { ...text('initial'), generated: { as: 'concat', columns: ['first'] } },
      { ...text('folded'), unique: true, generated: { as: 'lower', column: 'last' } },
      {
        name: 'total',
        type: 'numeric(12,2)',
        nullable: false,
        generated: { as: 'multiply', columns: ['price', 'count'] },
      },
    ],
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const row = { id: 1, first: 'Ann', last: 'Lee', price: 2.5, count: 3 };
  expect((await at('POST', '/rows/person', row)).body).toEqual([
    { ...row, full: "Lee', 'Ann", initial: 'Ann', folded: 'lee', total: 7.5 },
  ]);
  const twin = await at('POST', '/rows/person', { ...row, id: 2, last: 'LEE' });
  expect(twin.error.slice(0, 2)).toEqual([409, 'UNIQUE_VIOLATION']);
  const renamed = await at('PATCH', '/tables/person', {
    alterColumns: [{ name: 'first', newName: 'given' }],
    addColumns: [{ ...text('loud'), generated: { as: 'upper', column: 'first' } }],
  });
  expect([renamed.status, renamed.body.columns.at(-1).generated]).toEqual([200, 'upper(given)']);
});

test.each<[string, object, [number, string]]>([
  ['a column that is not there', { as: 'lower', column: 'absent' }, [400, 'COLUMN_NOT_FOUND']],
  ['a number in a text', { as: 'concat', columns: ['id', 'a'] }, [400, 'VALIDATION_FAILED']],
  ['a text among numbers', { as: 'add', columns: ['id', 'a'] }, [400, 'VALIDATION_FAILED']],
  ['itself', { as: 'upper', column: 'b' }, [422, 'BUSINESS_RULE_VIOLATED']],
  ['one that is generated', { as: 'upper', column: 'c' }, [422, 'BUSINESS_RULE_VIOLATED']],
  [
    'a language of its own',
    { as: 'textSearch', config: "english'; --", columns: ['a'] },
    [400, 'VALIDATION_FAILED'],
  ],
  ['an expression', { as: 'sql', expression: 'now()' }, [400, 'VALIDATION_FAILED']],
  ['more than it is told', { as: 'lower', column: 'a', of: 'now()' }, [400, 'VALIDATION_FAILED']],
  ['a name with a quote', { as: 'lower', column: 'a"' }, [400, 'VALIDATION_FAILED']],
  ['too long a name', { as: 'lower', column: 'a'.repeat(64) }, [400, 'VALIDATION_FAILED']],
])('is made of no %s', async (_, generated, refused) => {
  const columns = [
    ID,
    text('a'),
    { ...text('c'), generated: { as: 'lower', column: 'a' } },
    { ...text('b'), generated },
  ];
  const { error } = await at('POST', '/tables', { name: 'refused', columns });
  expect(error.slice(0, 2)).toEqual(refused);
});

test('leaves nothing to a default, and its type is that of what it is made of', async () => {
  const generated = { as: 'lower', column: 'a' };
  const create = (more: object) =>
    at('POST', '/tables', {
      name: 'refused',
      columns: [ID, text('a'), { ...text('b'), generated, ...more }],
    });
  expect((await create({ default: 'x' })).error.slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
  expect((await create({ type: 'integer' })).error.slice(0, 2)).toEqual([400, 'INVALID_VALUE']);
});
