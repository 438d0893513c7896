import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Caller, END_USER_PERMISSIONS, type Permission, permissionsOf } from '@plinth/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPostgres, schemaOf } from '../testing/harness.ts';

// The document of a workspace, as those see it who may do different things to its tables.

const ROOT = join(import.meta.dirname, '../../../..');

const postgres = await openPostgres();
const member = postgres.newMember();

const path = ({ workspaceId }: Caller) => `/v1/postgres/${workspaceId}`;

async function make(url: string, payload: object): Promise<void> {
  const { status, body } = await postgres.send(member, {
    method: 'POST',
    url: `${path(member)}/${url}`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(payload),
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
}

const read = (caller: Caller, headers: Record<string, string> = {}) =>
  postgres.send(caller, { method: 'GET', url: `${path(caller)}/openapi.json`, headers });

const documentFor = async (caller: Caller) => {
  const { status, body } = await read(caller);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

const TEXT = { type: 'string' };
const identity = { name: 'id', type: 'bigint', primaryKey: true, identity: 'always' };

const as = (kind: Caller['kind'], permissions: readonly Permission[]): Caller => ({
  ...member,
  kind,
  permissions: [...permissions],
});

beforeAll(async () => {
  await make('tables', {
    name: 'author',
    columns: [identity, { name: 'passphrase', type: 'text', nullable: false, hiddenFrom: ['user', 'key'] }],
  });
  await make('tables', {
    name: 'note',
    comment: 'What was written down.',
    columns: [
      identity,
      { name: 'title', type: 'varchar(80)', nullable: false, comment: 'In one line.' },
      { name: 'done', type: 'boolean', default: false },
      { name: 'rank', type: 'numeric(10, 2)', default: 1.5 },
      { name: 'at', type: 'timestamptz', nullable: false, default: 'now()' },
      { name: 'labels', type: 'text[]' },
      { name: 'data', type: 'jsonb' },
      { name: 'order', type: 'integer' },
      { name: 'author', type: 'bigint', references: { table: 'author', column: 'id' } },
      { name: 'secret', type: 'text', hiddenFrom: ['user'] },
    ],
  });
  await make('tables', {
    name: 'limited',
    columns: [
      identity,
      {
        name: 'rank',
        type: 'integer',
        checks: [
          { operator: 'gte', value: 5 },
          { operator: 'lt', value: 9 },
        ],
      },
      { name: 'state', type: 'text', checks: [{ operator: 'in', value: ['open', "it's"] }] },
      { name: 'code', type: 'varchar(9)', nullable: false, checks: [{ operator: 'length', min: 6 }] },
      { name: 'words', type: 'text[]', checks: [{ operator: 'notEmpty' }] },
      { name: 'later', type: 'integer' },
    ],
  });
  const lazy = {
    name: 'lazy',
    conditions: [{ column: 'later', operator: 'gte', value: 1 }],
    validate: false,
  };
  const { status } = await postgres.send(member, {
    method: 'PATCH',
    url: `${path(member)}/tables/limited`,
    payload: { addChecks: [lazy] },
  });
  expect(status).toBe(200);
  await make('tables/note/policies', {
    name: 'open',
    command: 'select',
    using: { conditions: [{ column: 'done', operator: 'eq', value: false }] },
  });
  const schema = schemaOf(member);
  await postgres.sql(`
    set role ${schema}_owner;
    create type ${schema}.mood as enum ('calm', 'tense');
    alter table ${schema}.note add column mood ${schema}.mood not null default 'calm';
    create table ${schema}."an odd {name}" (id integer primary key);
    alter table ${schema}."an odd {name}" enable row level security;
    create policy members on ${schema}."an odd {name}" to ${schema}_member using (true);
    create function ${schema}.notes_of(person bigint, most integer default 10) returns setof ${schema}.note
      language sql stable as 'select * from ${schema}.note where author = person limit most';
    comment on function ${schema}.notes_of is 'What somebody wrote down.';
    create function ${schema}.clear() returns void language sql as 'delete from ${schema}.note';
    create function ${schema}.add(a integer, b integer) returns integer language sql immutable as 'select a + b';
    create function ${schema}.add(words text[]) returns text language sql immutable as 'select words[1]';
    grant execute on function ${schema}.notes_of to ${schema}_user;
    create view ${schema}.summary with (security_invoker) as select count(*) as notes from ${schema}.note;
    grant select on ${schema}.summary to ${schema}_user`);
});

describe('a member', () => {
  test('is shown every table and view, with what can be done to it', async () => {
    const { openapi, paths, servers, tags } = await documentFor(member);
    expect([openapi, servers]).toEqual(['3.1.0', [{ url: path(member) }]]);
    const all = ['get', 'post', 'patch', 'put', 'delete'];
    const methods = Object.entries<object>(paths).map(([route, item]) => [route, Object.keys(item)]);
    expect(Object.fromEntries(methods)).toEqual({
      '/rows/an%20odd%20%7Bname%7D': all,
      '/rows/author': all,
      '/rows/limited': all,
      '/rows/note': all,
      '/rows/summary': ['get'],
      '/rpc/add': ['get', 'post'],
      '/rpc/clear': ['post'],
      '/rpc/notes_of': ['get', 'post'],
    });
    expect(tags).toContainEqual({ name: 'note', description: 'What was written down.' });
  });

  test('is told the types, defaults, lengths, comments and keys of columns', async () => {
    const { components } = await documentFor(member);
    const { 'Row.note': row, 'NewRow.note': newRow, 'RowChange.note': change } = components.schemas;
    const { id, title, done, rank, at, labels, data, author, mood } = row.properties;
    expect(id).toMatchObject({ type: 'integer', format: 'int64', readOnly: true });
    expect(id.description).toContain('This is a Primary Key.<pk/>');
    expect(title).toMatchObject({ type: 'string', maxLength: 80 });
    expect(title.description).toMatch(/^In one line\./);
    expect(done).toMatchObject({ type: ['boolean', 'null'], default: false });
    expect(rank).toMatchObject({ type: ['number', 'null'], default: 1.5 });
    expect(at).toMatchObject({ type: 'string', format: 'date-time' });
    expect(at.description).toContain('`now()`');
    expect(labels).toMatchObject({ type: ['array', 'null'], items: { type: ['string', 'null'] } });
    expect(data.type).toBeUndefined();
    expect(author.description).toContain(
      "This is a Foreign Key to `author.id`.<fk table='author' column='id'/>",
    );
    expect(mood).toMatchObject({ type: 'string', enum: ['calm', 'tense'], default: 'calm' });
    expect(newRow.required).toEqual(['title']);
    for (const schema of [newRow, change]) expect(schema.properties).not.toHaveProperty('id');
  });

  test('is told what all rows meet', async () => {
    const { components } = await documentFor(member);
    const { rank, state, code, words, later } = components.schemas['Row.limited'].properties;
    expect(rank).toMatchObject({ type: ['integer', 'null'], minimum: 5, exclusiveMaximum: 9, examples: [5] });
    expect(state).toMatchObject({ type: ['string', 'null'], enum: ['open', "it's", null] });
    expect(code).toMatchObject({ type: 'string', minLength: 6, maxLength: 9, examples: ['textxx'] });
    expect(words).toMatchObject({ type: ['array', 'null'], minItems: 1 });
    expect(later.minimum).toBeUndefined();
  });

  test('is told how to filter by each column, also where its name is a word of the grammar', async () => {
    const { paths, components } = await documentFor(member);
    const names = (operation: { parameters: { name?: string; $ref?: string }[] }) =>
      operation.parameters.map(({ name, $ref = '' }) =>
        name === undefined ? components.parameters[$ref.split('/').at(-1) ?? ''].name : name,
      );
    const { get, post } = paths['/rows/note'];
    expect(names(get)).toEqual(
      expect.arrayContaining(['title', '"order"', 'order', 'select', 'X-API-Version']),
    );
    expect(names(post)).not.toContain('title');
    const { status } = await postgres.send(member, {
      method: 'GET',
      url: `${path(member)}/rows/note?%22order%22=eq.5&order=title`,
    });
    expect(status).toBe(200);
  });

  test('is told what functions take and return', async () => {
    const { paths } = await documentFor(member);
    const { get, post } = paths['/rpc/notes_of'];
    expect(get.description).toContain('What somebody wrote down.');
    expect(get.parameters.slice(0, 2)).toMatchObject([{ name: 'person' }, { name: 'most' }]);
    const jsonOf = ({ content }: { content: Record<string, object> }) => content['application/json'];
    expect(jsonOf(post.requestBody)).toMatchObject({
      schema: { required: ['person'], properties: { most: { type: ['integer', 'null'] } } },
      example: { person: 1, most: 1 },
    });
    const rows = { type: 'array', items: { $ref: '#/components/schemas/Row.note' } };
    for (const { responses } of [get, post]) expect(jsonOf(responses[200])).toEqual({ schema: rows });
    expect(Object.keys(paths['/rpc/clear'].post.responses)[0]).toBe('204');
    const { requestBody, responses } = paths['/rpc/add'].post;
    expect(jsonOf(requestBody)).toMatchObject({ schema: { anyOf: [{}, {}] } });
    expect(jsonOf(responses[200])).toMatchObject({ schema: { anyOf: [{ type: 'integer' }, TEXT] } });
  });

  test('is given what a linter of OpenAPI has nothing to say about', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plinth-openapi-'));
    try {
      const file = join(folder, 'openapi.json');
      await writeFile(file, JSON.stringify(await documentFor(member)));
      const bin = join(ROOT, 'node_modules/.bin/redocly');
      const quietly = ['REDOCLY_TELEMETRY=off', 'REDOCLY_SUPPRESS_UPDATE_NOTICE=true'];
      // Whose data it is says nothing of its licence.
      const args = ['lint', '--extends=recommended', '--skip-rule=info-license', file];
      const { stdout, stderr } = await promisify(execFile)('env', [...quietly, bin, ...args], {
        cwd: folder,
      });
      const said = `${stdout}${stderr}`;
      expect(said).toMatch(/is valid/);
      expect(said).not.toMatch(/warning|error/i);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('has a tag of it, until a table changes', async () => {
    const { headers, status } = await read(member);
    expect([status, headers['cache-control']]).toEqual([200, 'private, no-cache']);
    const known = { 'if-none-match': `${headers.etag}` };
    const again = await read(member, known);
    expect([again.status, again.body]).toEqual([304, '']);
    await make('tables/note/columns', { name: 'later', type: 'text' });
    await expect.poll(() => read(member, known)).toMatchObject({ status: 200 });
    const answer = await read(member, known);
    expect(answer.body.components.schemas['Row.note'].properties).toHaveProperty('later');
  });

  test('is told where the gateway is called', async () => {
    const { body } = await read(member, {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'api.example.com',
    });
    expect(body.servers).toEqual([{ url: `https://api.example.com${path(member)}` }]);
  });
});

describe('whoever may do less', () => {
  test('is shown no method for it', async () => {
    const { paths } = await documentFor(as('apiKey', permissionsOf('general:read')));
    expect(Object.values<object>(paths).map((item) => Object.keys(item))).toEqual(
      Object.keys(paths).map(() => ['get']),
    );
  });

  test('finds no trace of columns that are hidden', async () => {
    const text = JSON.stringify(await documentFor(as('apiKey', permissionsOf('general:write'))));
    expect(['secret', 'passphrase'].filter((name) => text.includes(name))).toEqual(['secret']);
  });

  test('finds as an end user what policies speak of, and nothing else', async () => {
    const document = await documentFor(as('endUser', END_USER_PERMISSIONS));
    expect(Object.entries<object>(document.paths).map(([route, item]) => [route, Object.keys(item)])).toEqual(
      [
        ['/rows/note', ['get']],
        ['/rows/summary', ['get']],
        ['/rpc/notes_of', ['get', 'post']],
      ],
    );
    const text = JSON.stringify(document);
    const hidden = ['secret', 'passphrase', 'rows/author', 'NewRow', "<fk table='author'"];
    expect(hidden.filter((name) => text.includes(name))).toEqual([]);
  });

  test('finds nothing in a workspace without tables', async () => {
    const document = await documentFor(postgres.newMember());
    expect(document.paths).toEqual({});
  });
});
