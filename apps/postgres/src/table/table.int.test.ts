import { newUlid } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import type { SchemaChange } from '../ddl/schema-change.ts';
import { roleName, type Standing } from '../placement/place.ts';
import { memberOf } from '../testing/test-placements.ts';
import { openSchemas } from '../testing/test-schemas.ts';
import { tableRepo } from './table.repo.ts';
import type { Table } from './table.schema.ts';

const its = await openSchemas();
const caller = memberOf();

const ID = { name: 'id', type: 'bigint', primaryKey: true, identity: 'always' };
let count = 0;
const newName = () => `table_${++count}`;

async function create(payload: object, who = caller) {
  const name = newName();
  const answer = await its.at(who, 'POST', '/tables', { name, columns: [ID], ...payload });
  return { name, ...answer };
}

/** As rows are served, in the role of somebody. */
const as = <T>(standing: Standing, work: (client: Client, schema: string) => Promise<T>) =>
  its.placements.placeOf(caller).then((place) =>
    withClient(its.placements.urlOf(place, 'api'), async (client) => {
      await client.query(`set role "${roleName(place, standing)}"`);
      await client.query(`set search_path = "${place.schema}"`);
      return work(client, place.schema);
    }),
  );

describe('creating', () => {
  test('takes defaults and identities as they are usually written', async () => {
    const { status, body } = await create({
      columns: [
        { ...ID, identity: true },
        { name: 'state', type: 'text', default: 'open' },
        { name: 'rank', type: 'integer', default: 1 },
        { name: 'done', type: 'boolean', default: false },
        { name: 'made_at', type: 'timestamptz', default: 'now()' },
        { name: 'call', type: 'text', default: { value: 'now()' } },
      ],
    });
    expect(status, JSON.stringify(body)).toBe(201);
    const defaults = body.columns.map((one: { default: string | null }) => one.default);
    expect(defaults).toEqual([null, "'open'::text", '1', 'false', 'now()', "'now()'::text"]);
    expect(body.columns[0].identity).toBe('byDefault');
  });

  test('makes columns, keys, defaults, references and comments as they were asked for', async () => {
    const author = await create({
      columns: [{ name: 'id', type: 'uuid', primaryKey: true, default: { function: 'gen_random_uuid()' } }],
    });
    const { status, body, name } = await create({
      comment: "What's in O'Brien's \\notes",
      columns: [
        ID,
        {
          name: 'title',
          type: 'varchar(100)',
          nullable: false,
          default: { value: "it's \\ a $$ title" },
          comment: 'In one line.',
        },
        { name: 'tags', type: 'text[]', default: { value: ['a', "b'c", null] } },
        { name: 'data', type: 'jsonb', default: { value: { a: [1, "'"] } } },
        { name: 'price', type: 'numeric(10,2)', default: { value: 9.5 } },
        { name: 'done', type: 'boolean', default: { value: false } },
        { name: 'slug', type: 'text', unique: true },
        { name: 'created_at', type: 'timestamptz', nullable: false, default: { function: 'now()' } },
        { name: 'owner', type: 'text', default: { function: 'plinth.uid()' } },
        {
          name: 'author_id',
          type: 'uuid',
          references: { table: author.name, column: 'id', onDelete: 'setNull' },
        },
      ],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name,
      comment: "What's in O'Brien's \\notes",
      policiesFor: ['user'],
      sql: [],
    });
    const columns = Object.fromEntries(body.columns.map((column: { name: string }) => [column.name, column]));
    expect(columns.id).toEqual({
      name: 'id',
      type: 'bigint',
      nullable: false,
      default: null,
      primaryKey: true,
      identity: 'always',
      generated: null,
      unique: false,
      references: null,
      comment: null,
      hiddenFrom: [],
    });
    expect(columns.title).toMatchObject({
      type: 'character varying(100)',
      nullable: false,
      comment: 'In one line.',
    });
    expect(columns.slug).toMatchObject({ unique: true, primaryKey: false });
    expect(columns.author_id.references).toEqual({ table: author.name, column: 'id', onDelete: 'setNull' });
    expect((await its.at(caller, 'GET', `/tables/${name}`)).body).toEqual({ ...body, sql: undefined });
    const row = await as('member', async (client) => {
      await client.query(`select set_config('request.jwt.claims', '{"sub":"u1"}', false)`);
      return (await client.query(`insert into ${name} default values returning *`)).rows[0];
    });
    expect(row).toMatchObject({
      id: '1',
      title: "it's \\ a $$ title",
      tags: ['a', "b'c", null],
      data: { a: [1, "'"] },
      price: '9.50',
      done: false,
      owner: 'u1',
    });
  });

  test('a table of that name stands in its way', async () => {
    const { name } = await create({});
    const again = await its.at(caller, 'POST', '/tables', { name, columns: [ID] });
    expect([again.status, again.body.error.code]).toEqual([409, 'TABLE_EXISTS']);
  });

  test.each([
    [
      'a type that there is not',
      { columns: [{ name: 'a', type: 'regclass' }] },
      400,
      'VALIDATION_FAILED',
      'columns.0.type',
    ],
    [
      'a name with a quote',
      { columns: [{ name: 'a"; drop', type: 'text' }] },
      400,
      'VALIDATION_FAILED',
      'columns.0.name',
    ],
    [
      'a name that is too long',
      { columns: [{ name: 'a'.repeat(64), type: 'text' }] },
      400,
      'VALIDATION_FAILED',
      'columns.0.name',
    ],
    ['a column twice', { columns: [ID, ID] }, 400, 'VALIDATION_FAILED', 'columns'],
    [
      'a default that is no function of the list',
      { columns: [{ name: 'a', type: 'text', default: { function: 'pg_sleep(1)' } }] },
      400,
      'VALIDATION_FAILED',
      'columns.0.default',
    ],
    [
      'a default that is two things',
      { columns: [{ name: 'a', type: 'text', default: { function: 'now()', value: 'x' } }] },
      400,
      'VALIDATION_FAILED',
      'columns.0.default',
    ],
    [
      'a list as a default of what is none',
      { columns: [{ name: 'a', type: 'text', default: { value: ['x'] } }] },
      400,
      'VALIDATION_FAILED',
      'columns.0.default',
    ],
    ['a NUL', { comment: 'a\u0000b' }, 400, 'VALIDATION_FAILED', 'comment'],
    [
      'a default of another type',
      { columns: [ID, { name: 'a', type: 'integer', default: { value: '1; drop table x' } }] },
      400,
      'INVALID_VALUE',
      'columns.1.default',
    ],
    [
      'a function of another type',
      { columns: [ID, { name: 'a', type: 'integer', default: { function: 'now()' } }] },
      400,
      'INVALID_VALUE',
      'columns.1.default',
    ],
    [
      'a reference to no table',
      { columns: [ID, { name: 'a', type: 'bigint', references: { table: 'nowhere', column: 'id' } }] },
      404,
      'TABLE_NOT_FOUND',
      'columns.1.references',
    ],
    [
      'an identity of no number',
      { columns: [{ name: 'a', type: 'text', identity: 'always' }] },
      400,
      'INVALID_VALUE',
      'name',
    ],
    [
      'a key of what cannot be compared',
      { columns: [{ name: 'a', type: 'json', primaryKey: true }] },
      400,
      'INVALID_VALUE',
      'name',
    ],
    ['a system column', { columns: [{ name: 'ctid', type: 'text' }] }, 409, 'COLUMN_EXISTS', 'name'],
  ])('%s is refused by name, and leaves nothing', async (_, payload, status, code, field) => {
    const answer = await create(payload);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    const { details } = answer.body.error;
    expect(details.field ?? details.fields[0].path).toBe(field);
    expect((await its.at(caller, 'GET', `/tables/${answer.name}`)).status).toBe(404);
  });

  test('a reference to a column that is not unique, or to a column that is not there', async () => {
    const { name } = await create({ columns: [{ name: 'a', type: 'text' }] });
    const to = (column: string) =>
      create({ columns: [ID, { name: 'b', type: 'text', references: { table: name, column } }] });
    expect((await to('a')).body.error).toMatchObject({
      code: 'BUSINESS_RULE_VIOLATED',
      details: { field: 'columns.1.references' },
    });
    expect((await to('nowhere')).body.error.code).toBe('COLUMN_NOT_FOUND');
  });

  test('a dry run tells the statements, finds what is wrong, and does nothing', async () => {
    const payload = { dryRun: true, columns: [ID, { name: 'a', type: 'integer', default: { value: 1 } }] };
    const { name, body } = await create(payload);
    expect(body.columns).toHaveLength(2);
    expect(body.sql[0]).toMatch(
      /^create table "ws_[0-9a-z]{26}"\."table_\d+" \("id" bigint generated always as identity/,
    );
    expect((await its.at(caller, 'GET', `/tables/${name}`)).status).toBe(404);
    const wrong = await create({
      ...payload,
      columns: [{ name: 'a', type: 'integer', default: { value: 'x' } }],
    });
    expect(wrong.body.error.code).toBe('INVALID_VALUE');
  });

  test('with a key it is made once, and told again', async () => {
    const name = newName();
    const post = () =>
      its.at(caller, 'POST', '/tables', { name, columns: [ID] }, { 'idempotency-key': name });
    const answers = await Promise.all([post(), post(), post()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const made = answers.find(({ status }) => status === 201);
    const again = await post();
    expect([again.status, again.headers['x-idempotency-replayed']]).toEqual([201, 'true']);
    expect(again.body).toEqual(made?.body);
  });

  test('tried again after a crash, it is made once, and seen as it is', async () => {
    const name = newName();
    const change: SchemaChange<Table> = {
      plan: async (_, place) => [
        { text: `create table "${place.schema}"."${name}" (id int)`, field: 'name' },
      ],
      see: (run, place) => tableRepo(run, place).get(name),
    };
    const id = newUlid();
    const [first, second] = [
      await its.changes.make(caller, id, change),
      await its.changes.make(caller, id, change),
    ];
    expect([first.sql.length, second.sql.length]).toEqual([1, 0]);
    expect(second.seen).toEqual(first.seen);
    await expect(its.changes.make(caller, newUlid(), change)).rejects.toMatchObject({ code: 'TABLE_EXISTS' });
  });

  test('whoever keeps the schema is told when it is committed, and not of what is not', async () => {
    const place = await its.placements.placeOf(caller);
    const heard: string[] = [];
    const listener = new Client({ connectionString: its.testClusters[0]?.setting.adminUrl });
    await listener.connect();
    listener.on('notification', ({ payload = '' }) => heard.push(payload));
    await listener.query('listen plinth_schema');
    await create({ dryRun: true });
    await create({ columns: [{ name: 'ctid', type: 'text' }] });
    await listener.query('select 1');
    expect(heard).toEqual([]);
    await create({});
    await expect.poll(() => heard).toEqual([place.schema]);
    await listener.end();
  });

  test('what takes a lock too long is told, and can be tried again', async () => {
    const place = await its.placements.placeOf(caller);
    const { name } = await create({});
    await withClient(its.placements.urlOf(place, 'owner'), async (client) => {
      await client.query(`begin; lock table ${name}`);
      const answer = await its.at(caller, 'PATCH', `/tables/${name}`, {
        addColumns: [{ name: 'a', type: 'text' }],
      });
      expect([answer.status, answer.body.error.code]).toEqual([409, 'LOCKED']);
      await client.query('rollback');
    });
    expect(
      (await its.at(caller, 'PATCH', `/tables/${name}`, { addColumns: [{ name: 'a', type: 'text' }] }))
        .status,
    ).toBe(200);
  });
});

describe('who sees what', () => {
  test('members and keys all rows, end users none before a policy says so', async () => {
    const { name } = await create({});
    await as('member', (client) => client.query(`insert into ${name} default values`));
    for (const [standing, rows] of [
      ['member', 1],
      ['key', 1],
      ['user', 0],
    ] as const) {
      const read = await as(standing, (client) => client.query(`select id from ${name}`));
      expect(read.rows).toHaveLength(rows);
    }
    const insert = as('user', (client) => client.query(`insert into ${name} default values`));
    await expect(insert).rejects.toMatchObject({ code: '42501' });
  });

  test('whom the policies are for can be said, and changed', async () => {
    const { name, body } = await create({ policiesFor: ['user', 'key'] });
    expect(body.policiesFor).toEqual(['user', 'key']);
    await as('member', (client) => client.query(`insert into ${name} default values`));
    const seenBy = async (standing: Standing) =>
      (await as(standing, (client) => client.query(`select id from ${name}`))).rows.length;
    expect(await seenBy('key')).toBe(0);
    const patched = await its.at(caller, 'PATCH', `/tables/${name}`, { policiesFor: [] });
    expect(patched.body.policiesFor).toEqual([]);
    expect([await seenBy('key'), await seenBy('user')]).toEqual([1, 1]);
  });

  test('a hidden column can neither be read, filtered nor written, and later columns are as they say', async () => {
    const { name, body } = await create({
      policiesFor: [],
      columns: [ID, { name: 'word', type: 'text' }, { name: 'secret', type: 'text', hiddenFrom: ['user'] }],
    });
    expect(body.columns[2].hiddenFrom).toEqual(['user']);
    const trial = (standing: Standing, sql: string) =>
      as(standing, (client) => client.query(sql.replace('$t', name))).then(
        () => 'done',
        ({ code }) => code,
      );
    for (const sql of [
      'select secret from $t',
      'select * from $t',
      "select id from $t where secret like 'a%'",
      'select id from $t order by secret',
      "insert into $t (secret) values ('x')",
      "update $t set secret = 'x'",
      'select max(secret) from $t',
    ]) {
      expect(await trial('user', sql)).toBe('42501');
      expect(await trial('key', sql)).toBe('done');
    }
    expect(await trial('user', "insert into $t (word) values ('x')")).toBe('done');
    expect(await trial('user', 'select id, word from $t')).toBe('done');
    await its.at(caller, 'PATCH', `/tables/${name}`, {
      addColumns: [
        { name: 'open', type: 'text' },
        { name: 'shut', type: 'text', hiddenFrom: ['user', 'key'] },
      ],
      alterColumns: [{ name: 'word', newName: 'term' }],
    });
    expect(await trial('user', 'select id, term, open from $t')).toBe('done');
    expect(await trial('user', 'select shut from $t')).toBe('42501');
    expect(await trial('key', 'select shut from $t')).toBe('42501');
    expect(await trial('key', 'select secret from $t')).toBe('done');
    await its.at(caller, 'PATCH', `/tables/${name}`, {
      alterColumns: [
        { name: 'secret', hiddenFrom: [] },
        { name: 'shut', hiddenFrom: [] },
      ],
    });
    expect(await trial('user', 'select * from $t')).toBe('done');
    expect(await trial('key', 'select * from $t')).toBe('done');
  });
});

describe('updating', () => {
  test('does all that is asked in one request', async () => {
    const { name } = await create({
      columns: [ID, { name: 'a', type: 'text', default: { value: '7' } }, { name: 'b', type: 'text' }],
    });
    await as('member', (client) => client.query(`insert into ${name} (b) values ('x')`));
    const { status, body } = await its.at(caller, 'PATCH', `/tables/${name}`, {
      name: `${name}_renamed`,
      comment: 'Renamed.',
      addColumns: [{ name: 'c', type: 'integer', nullable: false, default: { value: 3 } }],
      alterColumns: [{ name: 'a', newName: 'n', type: 'integer', nullable: false, default: { value: 8 } }],
      dropColumns: ['b'],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: `${name}_renamed`, comment: 'Renamed.' });
    expect(body.columns.map((column: { name: string; type: string }) => [column.name, column.type])).toEqual([
      ['id', 'bigint'],
      ['n', 'integer'],
      ['c', 'integer'],
    ]);
    const rows = await as('member', async (client) => {
      await client.query(`insert into ${name}_renamed default values`);
      return (await client.query(`select n, c from ${name}_renamed order by id`)).rows;
    });
    expect(rows).toEqual([
      { n: 7, c: 3 },
      { n: 8, c: 3 },
    ]);
    expect((await its.at(caller, 'GET', `/tables/${name}`)).status).toBe(404);
  });

  test('does nothing where one thing is wrong, and names it', async () => {
    const { name } = await create({ columns: [ID, { name: 'a', type: 'text' }] });
    await as('member', (client) => client.query(`insert into ${name} (a) values ('x')`));
    const patch = async (payload: object) => {
      const { status, body } = await its.at(caller, 'PATCH', `/tables/${name}`, payload);
      return [status, body.error?.code, body.error?.details.field ?? body.error?.details.fields?.[0].path];
    };
    const added = { addColumns: [{ name: 'b', type: 'text' }] };
    expect(await patch({ ...added, dropColumns: ['c'] })).toEqual([400, 'COLUMN_NOT_FOUND', 'dropColumns.0']);
    expect(await patch({ ...added, alterColumns: [{ name: 'c' }] })).toEqual([
      400,
      'COLUMN_NOT_FOUND',
      'alterColumns.0.name',
    ]);
    expect(await patch({ addColumns: [{ name: 'a', type: 'text' }] })).toEqual([
      409,
      'COLUMN_EXISTS',
      'addColumns.0.name',
    ]);
    expect(await patch({ ...added, alterColumns: [{ name: 'a', type: 'integer' }] })).toEqual([
      400,
      'INVALID_VALUE',
      'alterColumns.0.type',
    ]);
    expect(await patch({ addColumns: [{ name: 'b', type: 'text', nullable: false }] })).toEqual([
      422,
      'CONSTRAINT_VIOLATION',
      'addColumns.0.name',
    ]);
    expect(await patch({ addColumns: [{ name: 'b', type: 'text', primaryKey: true }] })).toEqual([
      400,
      'VALIDATION_FAILED',
      'addColumns.0.primaryKey',
    ]);
    const other = await create({});
    expect(await patch({ ...added, name: other.name })).toEqual([409, 'TABLE_EXISTS', 'name']);
    const { body } = await its.at(caller, 'GET', `/tables/${name}`);
    expect(body.columns).toHaveLength(2);
  });
});

describe('removing', () => {
  test('takes the table, and what depends on it only if asked', async () => {
    const { name } = await create({});
    const child = await create({
      columns: [ID, { name: 'p', type: 'bigint', references: { table: name, column: 'id' } }],
    });
    const refused = await its.at(caller, 'DELETE', `/tables/${name}`);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'CONFLICT']);
    const tried = await its.at(caller, 'DELETE', `/tables/${name}?cascade=true&dryRun=true`);
    expect(tried.body.sql).toEqual([expect.stringMatching(/^drop table .* cascade$/)]);
    const gone = await its.at(caller, 'DELETE', `/tables/${name}?cascade=true`);
    expect([gone.status, gone.body]).toEqual([200, { name, deleted: true, sql: [] }]);
    expect((await its.at(caller, 'GET', `/tables/${child.name}`)).body.columns[1].references).toBeNull();
    expect((await its.at(caller, 'DELETE', `/tables/${name}`)).body.error.code).toBe('TABLE_NOT_FOUND');
  });
});

describe('listing', () => {
  test('is of one workspace, page by page, the newest first', async () => {
    const other = memberOf();
    const names: string[] = [];
    for (let i = 0; i < 5; i++) names.unshift((await create({}, other)).name);
    const first = await its.at(other, 'GET', '/tables?limit=3');
    expect(first.body.data.map(({ name }: { name: string }) => name)).toEqual(names.slice(0, 3));
    const cursor = encodeURIComponent(first.body.pagination.nextCursor);
    const second = await its.at(other, 'GET', `/tables?limit=3&cursor=${cursor}`);
    expect(second.body.data.map(({ name }: { name: string }) => name)).toEqual(names.slice(3));
    expect(second.body.pagination.hasMore).toBe(false);
    const foreign = await its.send(caller, {
      method: 'GET',
      url: `/v1/postgres/${other.workspaceId}/tables`,
    });
    expect([foreign.status, foreign.body.error.code]).toEqual([404, 'WORKSPACE_NOT_FOUND']);
  });

  test('needs the right to read, and a change the right to write', async () => {
    const reader = { ...caller, permissions: ['schemas:read' as const] };
    expect((await its.at(reader, 'GET', '/tables')).status).toBe(200);
    expect((await its.at(reader, 'POST', '/tables', { name: 'x', columns: [ID] })).status).toBe(403);
    const without = { ...caller, capabilities: [] };
    expect((await its.at(without, 'GET', '/tables')).body.error.code).toBe('PLAN_CAPABILITY_REQUIRED');
  });
});
