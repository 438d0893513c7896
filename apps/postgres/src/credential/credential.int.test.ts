import type { Caller } from '@plinth/contracts';
import { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPostgres, startPostgres } from '../testing/harness.ts';

// Logins that people connect with themselves, tried as they would: with the driver, by the URL that they were given.

const postgres = await openPostgres({ sqlCredentials: true });
const owner = postgres.newMember('owner');
beforeAll(async () => {
  await at(owner, 'POST', `/v1/postgres/${owner.workspaceId}/tables`, {
    name: 'note',
    columns: [
      { name: 'id', type: 'bigint', primaryKey: true, identity: true },
      { name: 'body', type: 'text' },
    ],
  });
});

type Method = 'GET' | 'POST' | 'DELETE';
const at = (caller: Caller, method: Method, url: string, payload?: object) =>
  postgres.send(caller, { method, url, ...(payload && { payload }) });
const credentials = (caller: Caller, method: Method, path = '', payload?: object) =>
  at(caller, method, `/v1/workspaces/${caller.workspaceId}/credentials${path}`, payload);
const create = async (payload: object = {}) =>
  (await credentials(owner, 'POST', '', { name: 'Reporting', ...payload })).body;

async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const query = (url: string, text: string) =>
  connected(url, async (client) => (await client.query(text)).rows);

describe('a login for rows', () => {
  test('reads and writes rows, finds them without the schema, and is shown once', async () => {
    const made = await create();
    expect(made).toMatchObject({ access: 'rows', workspaceId: owner.workspaceId, createdBy: owner.id });
    expect(await query(made.url, "insert into note (body) values ('hello') returning body")).toEqual([
      { body: 'hello' },
    ]);
    const listed = await credentials(owner, 'GET');
    expect(listed.body.data[0]).toMatchObject({ id: made.id, username: made.username });
    expect(
      JSON.stringify([listed.body, (await credentials(owner, 'GET', `/${made.id}`)).body]),
    ).not.toContain(made.password);
  });

  test.each([
    ['changes a table', 'alter table note add column x text'],
    ['makes a table', 'create table other (id int)'],
    [
      'becomes the owner',
      "do $$ begin execute format('set role %I', replace(current_user, '_member', '_owner')); end $$",
    ],
    ['leaves its role', 'set role none; select * from note'],
    ['reads the records of requests', 'select * from plinth.request'],
    ['makes temporary tables', 'create temp table t (id int)'],
  ])('refuses whoever %s', async (_, text) => {
    const { url } = await create();
    await expect(query(url, text)).rejects.toMatchObject({
      // Without a right to the schema there is nothing in it.
      code: expect.stringMatching(/^42(?:501|P01)$/),
    });
  });
});

describe('a login for the schema', () => {
  test('changes tables, and what it makes is the owner’s and served at once', async () => {
    const { url } = await create({ access: 'schema' });
    await query(url, 'create table made_by_hand (id int primary key, body text)');
    await query(url, "insert into made_by_hand values (1, 'x')");
    const rows = `/v1/postgres/${owner.workspaceId}/rows/made_by_hand`;
    expect((await at(owner, 'GET', rows)).body).toEqual([{ id: 1, body: 'x' }]);
    await query(url, 'alter table made_by_hand rename column body to text');
    await expect.poll(async () => (await at(owner, 'GET', rows)).body).toEqual([{ id: 1, text: 'x' }]);
    const [{ owner: whose } = { owner: '' }] = await query(
      url,
      "select tableowner as owner from pg_tables where tablename = 'made_by_hand'",
    );
    expect(whose).toMatch(/_owner$/);
  });
});

describe('an end', () => {
  test('of a rotation: the password of before opens nothing, and who is in is out', async () => {
    const made = await create();
    const cut = connected(made.url, (client) =>
      client.query('select pg_catalog.count(*) from generate_series(1, 1e9)'),
    );
    const wasCut = expect(cut).rejects.toThrow();
    await expect
      .poll(() => postgres.sql(`select 1 from pg_stat_activity where usename = '${made.username}'`))
      .toHaveLength(1);
    const rotated = await credentials(owner, 'POST', `/${made.id}/rotate`);
    expect(rotated.body.password).not.toBe(made.password);
    await wasCut;
    await expect(query(made.url, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(await query(rotated.body.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('of a login for the schema: no way is left that it opened by itself', async () => {
    const made = await create({ access: 'schema' });
    await query(made.url, "alter role current_user password 'left open'");
    const back = new URL(made.url);
    back.username = made.username.replace(/_c[0-9a-z]{26}$/, '_owner');
    back.password = 'left%20open';
    const inside = new Client({ connectionString: back.href });
    inside.on('error', () => undefined);
    await inside.connect();
    await credentials(owner, 'DELETE', `/${made.id}`);
    await expect(inside.query('select 1')).rejects.toThrow();
    await expect(query(back.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const tables = `/v1/postgres/${owner.workspaceId}/tables`;
    const columns = [{ name: 'id', type: 'integer' }];
    await expect
      .poll(async () => (await at(owner, 'POST', tables, { name: 'afterwards', columns })).status)
      .toBe(201);
  });

  test('of a deletion: there is no such login', async () => {
    const made = await create({ access: 'schema' });
    expect((await credentials(owner, 'DELETE', `/${made.id}`)).body).toEqual({ id: made.id, deleted: true });
    await expect(query(made.url, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await credentials(owner, 'GET', `/${made.id}`)).status).toBe(404);
    expect(await postgres.sql(`select 1 from pg_roles where rolname = '${made.username}'`)).toEqual([]);
  });

  test('of a login that was given rights, by a stranger too, and gave some: they go with it', async () => {
    const [made, other] = [await create({ access: 'schema' }), await create({ access: 'schema' })];
    await query(made.url, 'set role none; alter default privileges grant select on tables to public');
    await query(other.url, `grant select on note to ${made.username}`);
    const stranger = postgres.newMember('owner');
    const theirs = (await credentials(stranger, 'POST', '', { name: 'x', access: 'schema' })).body;
    await query(theirs.url, `create table theirs (id int); grant select on theirs to ${made.username}`);
    const { status, body } = await credentials(owner, 'DELETE', `/${made.id}`);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(await postgres.sql(`select 1 from pg_roles where rolname = '${made.username}'`)).toEqual([]);
    expect(await query(other.url, 'select count(*) >= 0 as is_there from note')).toEqual([
      { is_there: true },
    ]);
  });
});

test('a developer may not make one, and a stranger sees none', async () => {
  const made = await create();
  const developer = { ...owner, ...postgres.newMember('developer'), workspaceId: owner.workspaceId };
  expect((await credentials(developer, 'POST', '', { name: 'x' })).status).toBe(403);
  expect((await credentials(postgres.newMember('owner'), 'GET', `/${made.id}`)).status).toBe(404);
});

test('on a server that others share there are none, and the answer says why', async () => {
  const shared = await startPostgres();
  const member = shared.newMember('owner');
  const url = `/v1/workspaces/${member.workspaceId}/credentials`;
  const { status, body } = await shared.send(member, { method: 'POST', url, payload: { name: 'x' } });
  expect([status, body.error.code, body.error.details.placement]).toEqual([
    422,
    'CAPABILITY_UNAVAILABLE',
    'shared',
  ]);
  await shared.close();
});
