import { newId } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import { elapsed, freePort } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClusters } from '../cluster/clusters.ts';
import { createLoginPools } from '../query/login-pools.ts';
import { memberOf, startPlacements, testMasterKey } from '../testing/test-placements.ts';
import { loginName, type Place, roleName } from './place.ts';
import { createPlacements, type Placements } from './placement.service.ts';

type Its = Awaited<ReturnType<typeof startPlacements>>;

const ownerOf = ({ workspaceId, tenantId, organizationId }: Place) => ({
  workspaceId,
  tenantId,
  organizationId,
});

/** Who somebody is who signs in with what the placement says. */
const signIn = (placements: Placements, place: Place, login: 'api' | 'owner' = 'api') =>
  withClient(placements.urlOf(place, login), async (client) => {
    const { rows } = await client.query('select session_user as "user", current_schema() as "schema"');
    return rows[0];
  });

describe.each([
  ['an admin that owns the database and makes roles', false],
  ['a superuser', true],
])('with %s', (_, isSuperuser) => {
  let its: Its;
  beforeAll(async () => {
    its = await startPlacements({ isSuperuser }, { isSuperuser });
    await its.clusters.prepare();
  });
  afterAll(() => its.close());

  test('the first use makes schema, logins and roles, which let in who has the password', async () => {
    const { placements } = its;
    const place = await placements.placeOf(memberOf());
    expect(await signIn(placements, place)).toEqual({ user: loginName(place, 'api'), schema: null });
    expect(await signIn(placements, place, 'owner')).toEqual({
      user: loginName(place, 'owner'),
      schema: place.schema,
    });
    const wrong = new URL(placements.urlOf(place, 'api'));
    wrong.password = placements.passwordOf(place, 'owner');
    await expect(withClient(wrong.href, async () => 'in')).rejects.toMatchObject({ code: '28P01' });
  });

  test('the api has no rights but those of the role that it takes on', async () => {
    const { placements } = its;
    const place = await placements.placeOf(memberOf());
    await withClient(placements.urlOf(place, 'owner'), (client) =>
      client.query('create table note (id int); insert into note values (1)'),
    );
    await withClient(placements.urlOf(place, 'api'), async (client) => {
      const read = `select id from "${place.schema}".note`;
      await expect(client.query(read)).rejects.toMatchObject({ code: '42501' });
      for (const standing of ['member', 'key'] as const) {
        await client.query('begin');
        await client.query(`set local role "${roleName(place, standing)}"`);
        expect((await client.query(read)).rows).toEqual([{ id: 1 }]);
        await expect(client.query(`truncate "${place.schema}".note`)).rejects.toMatchObject({
          code: '42501',
        });
        await client.query('rollback');
      }
      await client.query(`set role "${roleName(place, 'user')}"`);
      await expect(client.query(read)).rejects.toMatchObject({ code: '42501' });
    });
  });

  test('a function is for members and keys, until somebody grants more', async () => {
    const { placements } = its;
    const place = await placements.placeOf(memberOf());
    await withClient(placements.urlOf(place, 'owner'), (client) =>
      client.query('create function one() returns int language sql return 1'),
    );
    await withClient(placements.urlOf(place, 'api'), async (client) => {
      const call = `select "${place.schema}".one() as one`;
      await client.query(`set role "${roleName(place, 'key')}"`);
      expect((await client.query(call)).rows).toEqual([{ one: 1 }]);
      await client.query(`set role "${roleName(place, 'user')}"`);
      await expect(client.query(call)).rejects.toMatchObject({ code: '42501' });
    });
  });

  test('twenty first uses at once, by two replicas, make one', async () => {
    const workspaceId = newId('workspace');
    const caller = memberOf(workspaceId);
    const replicas = [its.placements, its.another()];
    const places = await Promise.all(
      Array.from({ length: 20 }, (__, i) => (replicas[i % 2] ?? its.placements).placeOf(caller)),
    );
    expect(new Set(places.map((place) => JSON.stringify(ownerOf(place)))).size).toBe(1);
    const [place] = places;
    expect(place && (await signIn(its.placements, place))).toBeDefined();
    const rows = await its.database.query('select revision from placement where workspace_id = $1', [
      workspaceId,
    ]);
    expect(rows).toEqual([{ revision: 1 }]);
  });

  test('many workspaces at once are made, and spread over the clusters', async () => {
    const places = await Promise.all(Array.from({ length: 6 }, () => its.placements.placeOf(memberOf())));
    expect(new Set(places.map(({ cluster }) => cluster)).size).toBe(2);
    for (const place of places) expect(await signIn(its.placements, place)).toBeDefined();
  });

  test.each([
    [
      'nothing was made',
      ['owner', 'api', 'member', 'key', 'user']
        .map((role) => `drop owned by "$_${role}" cascade; drop role "$_${role}"`)
        .join(';'),
    ],
    ['a role is missing', 'drop owned by "$_user"; drop role "$_user"'],
    ['the schema is missing', 'drop schema "$" cascade'],
    ['the logins are not let in', 'revoke connect on database "@" from "$_api", "$_owner"'],
    [
      'the defaults are missing',
      'alter default privileges for role "$_owner" in schema "$" revoke all on tables from "$_member"',
    ],
  ])('what a crash left half made is finished at the next use: %s', async (__, damage) => {
    const caller = memberOf();
    const place = await its.placements.placeOf(caller);
    const cluster = its.testClusters.find(({ setting }) => setting.name === place.cluster);
    await withClient(cluster?.superuserUrl ?? '', (client) =>
      client.query(damage.replaceAll('$', place.schema).replaceAll('@', place.database)),
    );
    await its.database.query('update placement set settled_revision = 0 where workspace_id = $1', [
      place.workspaceId,
    ]);
    const again = its.another();
    expect(ownerOf(await again.placeOf(caller))).toEqual(ownerOf(place));
    await withClient(again.urlOf(place, 'owner'), (client) => client.query('create table made (id int)'));
    await withClient(again.urlOf(place, 'api'), async (client) => {
      await client.query(`set role "${roleName(place, 'member')}"`);
      await client.query(`insert into "${place.schema}".made values (1)`);
      await client.query(`reset role; set role "${roleName(place, 'user')}"`);
    });
  });

  test('disabled, nobody comes in and who is in is thrown out; enabled again, all is there', async () => {
    const { placements } = its;
    const caller = memberOf();
    const place = await placements.placeOf(caller);
    await withClient(placements.urlOf(place, 'owner'), (client) =>
      client.query('create table kept (id int); insert into kept values (7)'),
    );
    const thrownOut = withClient(placements.urlOf(place, 'api'), async (client) => {
      client.on('error', () => undefined);
      await its.says(place.workspaceId, { capabilities: [] });
      return client.query('select 1');
    });
    await expect(thrownOut).rejects.toThrow(/connection/i);
    await expect(signIn(placements, place)).rejects.toMatchObject({ code: '28000' });
    await expect(signIn(placements, place, 'owner')).rejects.toMatchObject({ code: '28000' });
    await expect(placements.placeOf(caller)).rejects.toMatchObject({
      code: 'WORKSPACE_CAPABILITY_REQUIRED',
    });
    await its.says(place.workspaceId, { status: 'suspended' });
    await its.says(place.workspaceId, {});
    await placements.placeOf(caller);
    const kept = await withClient(placements.urlOf(place, 'owner'), (client) =>
      client.query('select id from kept'),
    );
    expect(kept.rows).toEqual([{ id: 7 }]);
  });

  test('purged, nothing is left of it, and nothing makes it again', async () => {
    const { placements } = its;
    const caller = memberOf();
    const place = await placements.placeOf(caller);
    await withClient(placements.urlOf(place, 'owner'), async (client) => {
      await client.query('create table parent (id int primary key)');
      const children = Array.from({ length: 60 }, (__, i) => `create table t${i} (id int references parent)`);
      await client.query(children.join(';'));
      await client.query(
        "create type mood as enum ('ok'); create function f() returns int language sql return 1",
      );
    });
    await its.says(place.workspaceId, { status: 'purged' });
    const cluster = its.testClusters.find(({ setting }) => setting.name === place.cluster);
    const left = await withClient(cluster?.superuserUrl ?? '', (client) =>
      client.query(
        "select rolname as name from pg_roles where rolname like $1 || '%' union all select nspname from pg_namespace where nspname = $1",
        [place.schema],
      ),
    );
    expect(left.rows).toEqual([]);
    await expect(placements.placeOf(caller)).rejects.toMatchObject({ code: 'WORKSPACE_NOT_FOUND' });
    await its.says(place.workspaceId, {});
    await expect(its.another().placeOf(caller)).rejects.toMatchObject({ code: 'WORKSPACE_NOT_FOUND' });
  });

  test('a request that is late by a purge makes nothing, whichever comes first', async () => {
    const rounds = Array.from({ length: 6 }, async () => {
      const caller = memberOf();
      const { workspaceId = '' } = caller;
      const late = its.another();
      const requests = Promise.allSettled([late.placeOf(caller), its.another().placeOf(caller)]);
      await its.says(workspaceId, { status: 'purged' });
      await requests;
      return `ws_${workspaceId.slice(4).toLowerCase()}`;
    });
    const schemas = await Promise.all(rounds);
    const left = async () => {
      await its.placements.follow();
      await its.placements.sweep();
      return withClient(its.testClusters[0]?.superuserUrl ?? '', (client) =>
        client.query(
          "select rolname from pg_roles where substring(rolname from '^(ws_[0-9a-z]{26})_') = any($1)",
          [schemas],
        ),
      );
    };
    await expect.poll(async () => (await left()).rows).toEqual([]);
    expect(
      await its.database.query("select 1 from placement where state <> 'purged' and schema_name = any($1)", [
        schemas,
      ]),
    ).toEqual([]);
  });

  test('a password stays while its version is known, and is renewed when it is not', async () => {
    const caller = memberOf();
    const first = await its.placements.placeOf(caller);
    const overlapping = its.another([2, 1]);
    const same = await overlapping.placeOf(caller);
    expect(overlapping.passwordOf(same, 'api')).toBe(its.placements.passwordOf(first, 'api'));
    const later = its.another([2]);
    const renewed = await later.placeOf(caller);
    expect(renewed.passwordVersion).toBe(2);
    expect(await signIn(later, renewed)).toBeDefined();
    await expect(signIn(its.placements, first)).rejects.toMatchObject({ code: '28P01' });
  });
});

test('a tenant with a cluster of its own has it to itself', async () => {
  const tenantId = newId('tenant');
  const its = await startPlacements({}, { dedicatedTo: tenantId });
  const [theirs, others] = await Promise.all([
    its.placements.placeOf(memberOf(newId('workspace'), { tenantId })),
    its.placements.placeOf(memberOf()),
  ]);
  expect([theirs.mode, others.mode]).toEqual(['dedicated', 'shared']);
  expect(theirs.cluster).not.toBe(others.cluster);
  expect(await signIn(its.placements, theirs)).toBeDefined();
  const elsewhere = new URL(its.placements.urlOf(others, 'api'));
  elsewhere.pathname = `/${theirs.database}`;
  await expect(withClient(elsewhere.href, async () => 'in')).rejects.toMatchObject({ code: '42501' });
  await its.close();
});

describe('a login that is not let in', () => {
  let its: Its;
  beforeAll(async () => {
    its = await startPlacements();
  });
  afterAll(() => its.close());

  const select = { text: 'select 1', values: [] };

  test('by a password that a function of the workspace set is set right at its next use', async () => {
    const { placements, log } = its;
    const caller = memberOf();
    const place = await placements.placeOf(caller);
    const [cluster] = its.testClusters;
    const clusters = new Map([[place.cluster, { url: cluster?.setting.adminUrl ?? '' }]]);
    const pools = createLoginPools({ clusters, ...placements, onRefused: placements.mistrust, log });
    await withClient(placements.urlOf(place, 'api'), (client) =>
      client.query(`alter role current_user password 'theirs'`),
    );
    await its.database.query("update placement set updated_at = now() - interval '1 minute'");
    await expect(pools.run(place, 'api', [select], {})).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    await expect
      .poll(async () => pools.run(await placements.placeOf(caller), 'api', [select], {}))
      .toEqual([['1']]);
    pools.close();
  });

  test('because it was disabled stays out, and the caller hears why', async () => {
    const { placements } = its;
    const caller = memberOf();
    const place = await placements.placeOf(caller);
    its.tenancy.says(place.workspaceId, { capabilities: [] });
    const other = its.another();
    await other.follow();
    await other.sweep();
    expect(await placements.placeOf(caller)).toEqual(place);
    await placements.mistrust(place);
    await expect(placements.placeOf(caller)).rejects.toMatchObject({
      code: 'WORKSPACE_CAPABILITY_REQUIRED',
    });
    await expect(signIn(placements, place)).rejects.toMatchObject({ code: '28000' });
  });
});

describe('faults', () => {
  let its: Its;
  beforeAll(async () => {
    its = await startPlacements();
  });
  afterAll(() => its.close());

  test('a cluster that is away is told within five seconds, and the workspace is made when it is back', async () => {
    const { setting } = its.testClusters[0] ?? {};
    if (!setting) throw new Error('there is no cluster');
    const away = new URL(setting.adminUrl);
    away.port = String(await freePort());
    const clusters = createClusters([{ ...setting, adminUrl: away.href }], its);
    await clusters.prepare();
    const placements = createPlacements({ ...its, clusters, masterKey: testMasterKey(1) });
    const caller = memberOf();
    const tookMs = await elapsed(() =>
      expect(placements.placeOf(caller)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' }),
    );
    expect(tookMs).toBeLessThan(5_000);
    await clusters.close();
    const place = await its.placements.placeOf(caller);
    expect(await signIn(its.placements, place)).toBeDefined();
  });

  test('what could not be done when it was asked for is done by the sweep', async () => {
    const caller = memberOf();
    const place = await its.placements.placeOf(caller);
    await its.database.query(
      "update placement set state = 'disabled', revision = revision + 1 where workspace_id = $1",
      [place.workspaceId],
    );
    expect(await signIn(its.placements, place)).toBeDefined();
    await its.another().sweep();
    await expect(signIn(its.placements, place)).rejects.toMatchObject({ code: '28000' });
  });

  test('a passport of no workspace has no place', async () => {
    await expect(its.placements.placeOf({ ...memberOf(), workspaceId: undefined })).rejects.toMatchObject({
      code: 'WORKSPACE_NOT_FOUND',
    });
    await expect(its.placements.placeOf(memberOf('wks_short'))).rejects.toMatchObject({
      code: 'WORKSPACE_NOT_FOUND',
    });
  });
});
