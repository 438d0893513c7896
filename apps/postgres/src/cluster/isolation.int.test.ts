import { withClient } from '@plinth/embedded';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loginName, type Place, roleName } from '../placement/place.ts';
import { memberOf, startPlacements } from '../testing/test-placements.ts';
import { createClusters } from './clusters.ts';

// Two workspaces in one database, and a third one in another database of the same server, connected with their real logins: what
// the database itself refuses, whoever wrote the statement.

type Its = Awaited<ReturnType<typeof startPlacements>>;

describe.each([
  ['an admin that owns the database', false],
  ['a superuser', true],
])('prepared by %s', (_, isSuperuser) => {
  let its: Its;
  let mine: Place;
  let theirs: Place;
  let elsewhere: Place;

  const withOwner = <T>(place: Place, work: (client: Client) => Promise<T>) =>
    withClient(its.placements.urlOf(place, 'owner'), work);
  /** As rows are served: the api, in the role of a member. */
  const withMember = <T>(place: Place, work: (client: Client) => Promise<T>) =>
    withClient(its.placements.urlOf(place, 'api'), async (client) => {
      await client.query(`set role "${roleName(place, 'member')}"`);
      return work(client);
    });
  const fill = (sql: string) =>
    sql
      .replaceAll('$mine', mine.schema)
      .replaceAll('$theirs', theirs.schema)
      .replaceAll('$database', mine.database);
  const codeOf = (client: Client, sql: string): Promise<string> =>
    client.query(fill(sql)).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );

  beforeAll(async () => {
    its = await startPlacements({ isSuperuser }, { isSuperuser });
    await its.clusters.prepare();
    const places = await Promise.all(Array.from({ length: 4 }, () => its.placements.placeOf(memberOf())));
    const [first] = its.testClusters;
    const [one, two] = places.filter(({ cluster }) => cluster === first?.setting.name);
    const other = places.find(({ cluster }) => cluster !== first?.setting.name);
    if (!one || !two || !other) throw new Error('the workspaces are not where they should be');
    [mine, theirs, elsewhere] = [one, two, other];
    await withOwner(theirs, (client) =>
      client.query(`create table secret (word text); insert into secret values ('theirs');
        create function tell() returns text language sql return (select word from secret limit 1)`),
    );
    await withOwner(mine, (client) =>
      client.query(
        fill(`create table note (id int);
          create function into_role(name text) returns text language plpgsql as
            'begin perform set_config(''role'', name, true); return current_user; end';
          create function run(statement text) returns text language plpgsql as
            'begin execute statement; return current_user; end';
          create table with_default (id int, who text default into_role('$theirs_member'))`),
      ),
    );
  });
  afterAll(() => its.close());

  const REFUSED: [string, string][] = [
    ['a role of another workspace', `set role "$theirs_member"`],
    ['its owner', `set role "$theirs_owner"`],
    ['a role by its setting', `select set_config('role', '$theirs_member', true)`],
    ['a role from within a function', `select "$mine".into_role('$theirs_member')`],
    ['a role from within a statement that a function runs', `select "$mine".run('set role "$theirs_user"')`],
    ['another session', `set session authorization "$theirs_api"`],
    [
      'another session from within a function',
      `select "$mine".run('set session authorization "$theirs_api"')`,
    ],
    ['a role by the default of a column', `insert into "$mine".with_default (id) values (1)`],
    ['a table of another workspace', `select * from "$theirs".secret`],
    [
      'a table of another workspace from within a function',
      `select "$mine".run('delete from "$theirs".secret')`,
    ],
    ['a function of another workspace', `select "$theirs".tell()`],
    ['a table in a schema of another workspace', `create table "$theirs".mine (id int)`],
    ['a temporary table', 'create temporary table t (id int)'],
    ['a schema', 'create schema another'],
    ['a table in public', 'create table public.t (id int)'],
    ['a table among the helpers', 'create table plinth.t (id int)'],
    [
      'a helper of its own',
      'create or replace function plinth.uid() returns text language sql return 1::text',
    ],
    ['no helper', 'drop function plinth.uid()'],
    ['a program', `copy (select 1) to program 'true'`],
    ['a file into a table', `copy "$mine".note from '/etc/passwd'`],
    ['a file of the server', `select pg_read_file('/etc/passwd')`],
    ['a folder of the server', `select pg_ls_dir('/')`],
    ['a file as a large object', `select lo_import('/etc/passwd')`],
    ['another server', 'create extension dblink'],
    ['a role', 'create role another login'],
    ['to be more', 'alter role current_user superuser'],
    ['the password of another', `alter role "$theirs_api" password 'known'`],
    ['a setting of the server', `alter system set work_mem = '1MB'`],
    ['the database', `alter database "$database" set work_mem = '1MB'`],
    ['triggers off', `set session_replication_role = replica`],
    ['the hash of a password', 'select rolpassword from pg_authid'],
  ];

  test.each(REFUSED)('a member cannot have %s', async (__, sql) => {
    const code = await withMember(mine, (client) => codeOf(client, sql));
    expect(code).toBe('42501');
  });

  test.each(REFUSED.filter(([what]) => what !== 'a role by the default of a column'))(
    'the owner cannot have %s',
    async (__, sql) => {
      const code = await withOwner(mine, (client) => codeOf(client, sql));
      expect(code).toBe('42501');
    },
  );

  test('a function gets back to the api, which has no rights, and to no one else', async () => {
    await withMember(mine, async (client) => {
      const { rows } = await client.query(fill(`select "$mine".run('reset role') as "user"`));
      expect(rows).toEqual([{ user: loginName(mine, 'api') }]);
      expect(await codeOf(client, 'select * from "$mine".note')).toBe('42501');
      expect(await codeOf(client, 'set role "$mine_owner"')).toBe('42501');
    });
  });

  test('a policy, a view and a foreign key cannot look into another workspace', async () => {
    await withOwner(mine, async (client) => {
      const statements = [
        'create policy look on "$mine".note using (exists (select from "$theirs".secret))',
        'create view look as select * from "$theirs".secret',
        'create table look (word text references "$theirs".secret (word))',
        'create materialized view look as select "$theirs".tell()',
      ];
      for (const sql of statements) expect(await codeOf(client, sql)).toBe('42501');
    });
  });

  test('the sessions of another cannot be ended, and not be read', async () => {
    await withMember(theirs, async (victim) => {
      const pid = (await victim.query('select pg_backend_pid() as pid')).rows[0]?.pid;
      await withMember(mine, async (client) => {
        expect(await codeOf(client, `select pg_terminate_backend(${pid})`)).toBe('42501');
        expect(await codeOf(client, `select pg_cancel_backend(${pid})`)).toBe('42501');
        const { rows } = await client.query('select query from pg_stat_activity where pid = $1', [pid]);
        expect(rows).toEqual([{ query: '<insufficient privilege>' }]);
      });
      expect((await victim.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  });

  test('a login is of one database', async () => {
    const url = new URL(its.placements.urlOf(mine, 'api'));
    url.pathname = `/${elsewhere.database}`;
    await expect(withClient(url.href, async () => 'in')).rejects.toMatchObject({ code: '42501' });
    const theirName = new URL(its.placements.urlOf(mine, 'api'));
    theirName.username = loginName(theirs, 'api');
    await expect(withClient(theirName.href, async () => 'in')).rejects.toMatchObject({ code: '28P01' });
  });

  test('the helpers read the claims, whatever else has their names', async () => {
    await withOwner(mine, (client) =>
      client.query(
        `create function current_setting(text, boolean) returns text language sql return '{"sub":"forged"}'`,
      ),
    );
    await withMember(mine, async (client) => {
      await client.query(fill('set search_path = "$mine", pg_catalog'));
      const read = async (claims: string) => {
        await client.query(`select set_config('request.jwt.claims', $1, false)`, [claims]);
        const { rows } = await client.query(
          `select plinth.uid() as uid, plinth.claim('team') as team, plinth.claim('app.team') as nested, plinth.claim('a.b') as dotted`,
        );
        return rows[0];
      };
      expect(await read('{"sub":"u1","team":"red","app":{"team":"blue"},"a.b":"c"}')).toEqual({
        uid: 'u1',
        team: 'red',
        nested: 'blue',
        dotted: 'c',
      });
      expect(await read('')).toEqual({ uid: null, team: null, nested: null, dotted: null });
    });
  });

  const CLOSABLE: [string, string][] = [
    ['advisoryLocks', 'select pg_advisory_lock(1)'],
    ['advisoryLocks', 'select pg_try_advisory_xact_lock_shared(1)'],
    ['largeObjects', 'select lo_create(0)'],
    ['largeObjects', `select lo_from_bytea(0, 'x')`],
    ['notify', `select pg_notify('plinth_schema', 'x')`],
    ['sleep', 'select pg_sleep(0)'],
    ['sleep', `select pg_sleep_for('1 microsecond')`],
    ['signals', 'select pg_cancel_backend(0)'],
    ['walMessages', `select pg_logical_emit_message(false, 'x', 'x')`],
  ];

  test.each(CLOSABLE)('%s: what the probe says of it is so (%s)', async (capability, sql) => {
    const { level, open } = await its.clusters.named(mine.cluster).hardening();
    const isOpen = open.some((one) => one.capability === capability);
    expect(isOpen).toBe(!isSuperuser);
    expect(level).toBe(open.length === 0 ? 'full' : 'basic');
    for (const code of await Promise.all([
      withMember(mine, (client) => codeOf(client, sql)),
      withOwner(mine, (client) => codeOf(client, sql)),
    ])) {
      expect(code === '42501').toBe(!isOpen);
    }
  });

  test('what is inherent is so, and said', async () => {
    await withMember(mine, async (client) => {
      expect(await codeOf(client, 'listen plinth_schema')).toBe('done');
      expect(await codeOf(client, 'do $$ begin end $$')).toBe('done');
      const { rows } = await client.query('select from pg_namespace where nspname = $1', [theirs.schema]);
      expect(rows).toHaveLength(1);
    });
    expect((await its.clusters.named(mine.cluster).hardening()).inherent).toHaveLength(3);
  });

  test('preparing again changes nothing, and what somebody opened since is closed', async () => {
    const cluster = its.clusters.named(mine.cluster);
    const before = await cluster.hardening();
    const { superuserUrl } = its.testClusters.find(({ setting }) => setting.name === mine.cluster) ?? {};
    await withClient(superuserUrl ?? '', (client) =>
      client.query(
        fill('grant temporary on database "$database" to public; grant create on schema public to public'),
      ),
    );
    const opened = await cluster.hardening();
    expect([opened.level, opened.open.map(({ capability }) => capability)]).toEqual([
      'weak',
      expect.arrayContaining(['temporaryTables', 'publicSchema']),
    ]);
    const again = createClusters([cluster.setting, cluster.setting], its);
    expect(again.describe()).toContain('(hardening: unknown)');
    await again.prepare();
    expect(again.describe()).toContain(`(hardening: ${before.level})`);
    await again.close();
    expect(await cluster.hardening()).toEqual(before);
    expect(await withMember(mine, (client) => codeOf(client, 'select 1'))).toBe('done');
  });
});

test('a superuser can prepare what an admin without that goes on with', async () => {
  const its = await startPlacements();
  const [cluster] = its.testClusters;
  if (!cluster) throw new Error('there is no cluster');
  const once = createClusters([{ ...cluster.setting, adminUrl: cluster.superuserUrl }], its);
  await once.prepare();
  await once.close();
  await its.clusters.prepare();
  const { level, open } = await its.clusters.named(cluster.setting.name).hardening();
  expect(level).not.toBe('weak');
  expect(open.filter(({ capability }) => capability !== 'otherDatabases')).toEqual([]);
  const place = await its.placements.placeOf(memberOf());
  await its.says(place.workspaceId, { status: 'suspended' });
  await its.says(place.workspaceId, { status: 'purged' });
  await its.close();
});
