import type { WorkspaceState } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import { freePort } from '@plinth/testing';
import { Client, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClusters } from '../cluster/clusters.ts';
import { putLogin } from '../credential/direct-login.ts';
import { openPostgres, schemaOf } from '../testing/harness.ts';
import { memberOf, startPlacements, testMasterKey } from '../testing/test-placements.ts';
import { startFollowing } from './following.ts';
import { createPlacements } from './placement.service.ts';
import { loginName, roleName } from './place.ts';

// What tenancy says of a workspace reaches the logins that people connect with by themselves, within seconds.

const query = (url: string, text: string) =>
  withClient(url, async (client) => (await client.query(text)).rows);

describe('a direct login', async () => {
  const postgres = await openPostgres({ sqlCredentials: true });

  /** A workspace with a table, and the URL of a login of its own for people. */
  async function newWorkspace() {
    const owner = postgres.newMember('owner');
    const { workspaceId = '' } = owner;
    const send = (method: 'GET' | 'POST', url: string, payload?: object) =>
      postgres.send(owner, { method, url, ...(payload && { payload }) });
    const columns = [{ name: 'id', type: 'integer' }];
    await send('POST', `/v1/postgres/${workspaceId}/tables`, { name: 'note', columns });
    const { body } = await send('POST', `/v1/workspaces/${workspaceId}/credentials`, {
      name: 'psql',
      access: 'schema',
    });
    await query(body.url, 'insert into note values (7)');
    return { workspaceId, url: String(body.url), send };
  }

  const says = (workspaceId: string, state: Partial<WorkspaceState>) =>
    postgres.tenancy.says(workspaceId, state);
  const isIn = (url: string): Promise<unknown> =>
    query(url, 'select id from note').catch((error: Error) => error.message);

  test('is shut out while its workspace is suspended, whoever is in is thrown out, and comes in again after', async () => {
    const [mine, theirs] = [await newWorkspace(), await newWorkspace()];
    const inside = new Client({ connectionString: mine.url });
    const isOut = new Promise((resolve) => inside.on('error', resolve));
    await inside.connect();
    says(mine.workspaceId, { status: 'suspended' });
    await isOut;
    await expect(query(mine.url, 'select 1')).rejects.toMatchObject({ code: '28000' });
    expect(
      (await mine.send('POST', `/v1/workspaces/${mine.workspaceId}/credentials`, { name: 'x' })).status,
    ).toBe(403);
    expect(await isIn(theirs.url)).toEqual([{ id: 7 }]);
    says(mine.workspaceId, {});
    await expect.poll(() => isIn(mine.url)).toEqual([{ id: 7 }]);
  });

  test('is gone with all its workspace held when that is purged', async () => {
    const [mine, theirs] = [await newWorkspace(), await newWorkspace()];
    const schema = schemaOf(mine);
    says(mine.workspaceId, { status: 'purged' });
    await expect
      .poll(() =>
        postgres.sql(
          `select rolname from pg_roles where rolname like '${schema}%' union all select nspname from pg_namespace where nspname = '${schema}'`,
        ),
      )
      .toEqual([]);
    says(mine.workspaceId, {});
    expect((await mine.send('GET', `/v1/postgres/${mine.workspaceId}/rows/note`)).status).toBe(404);
    expect(await isIn(theirs.url)).toEqual([{ id: 7 }]);
  });
});

describe('placements', () => {
  let its: Awaited<ReturnType<typeof startPlacements>>;
  beforeAll(async () => {
    its = await startPlacements();
  });
  afterAll(() => its.close());

  async function open() {
    const caller = memberOf();
    const place = await its.placements.placeOf(caller);
    return { place, workspaceId: place.workspaceId, url: its.placements.urlOf(place, 'owner') };
  }

  async function heard(): Promise<void> {
    await its.placements.follow();
    await its.placements.sweep();
  }

  const isShut = (url: string) =>
    query(url, 'select 1').then(
      () => false,
      ({ code }: { code: string }) => ['28000', '28P01'].includes(code),
    );

  test.each([
    ['suspended', { status: 'suspended' }],
    ['deleted', { status: 'deleted' }],
    ['without the capability', { capabilities: ['storage'] }],
  ] as const)('are closed while the workspace is %s, and open again', async (_, { ...state }) => {
    const { workspaceId, url } = await open();
    await its.says(workspaceId, 'status' in state ? state : { capabilities: [...state.capabilities] });
    expect(await isShut(url)).toBe(true);
    await its.says(workspaceId, {});
    expect(await isShut(url)).toBe(false);
  });

  test('are as tenancy says once it is back, whatever it said while this service was down', async () => {
    const { workspaceId, url } = await open();
    its.tenancy.says(workspaceId, { status: 'suspended' });
    its.tenancy.isAway = true;
    const following = startFollowing({ placements: its.another(), log: its.log, intervalMs: 50 });
    await expect(its.placements.follow()).rejects.toThrow('away');
    expect(await isShut(url)).toBe(false);
    its.tenancy.isAway = false;
    await expect.poll(() => isShut(url)).toBe(true);
    await following.stop();
  });

  test('are made while tenancy is away, for who has a passport, until it says otherwise', async () => {
    its.tenancy.isAway = true;
    const { workspaceId, url } = await open();
    its.tenancy.says(workspaceId, { status: 'purged' });
    expect(await isShut(url)).toBe(false);
    its.tenancy.isAway = false;
    await heard();
    expect(await isShut(url)).toBe(true);
  });

  test('are all asked about when tenancy counts anew', async () => {
    const [one, other] = [await open(), await open()];
    for (let i = 0; i < 3; i++) await its.says(other.workspaceId, {});
    its.tenancy.forgetsWhatItTold();
    its.tenancy.says(one.workspaceId, { status: 'suspended' });
    await heard();
    expect([await isShut(one.url), await isShut(other.url)]).toEqual([true, false]);
  });

  test('go by the later of two answers, whichever arrives first', async () => {
    const { workspaceId, url } = await open();
    const answered = Promise.withResolvers<void>();
    const isAsked = Promise.withResolvers<void>();
    const slow = its.another([1], {
      ...its.tenancy,
      async states(workspaceIds) {
        const said = await its.tenancy.states(workspaceIds);
        isAsked.resolve();
        await answered.promise;
        return said;
      },
    });
    its.tenancy.says(workspaceId, {});
    const late = slow.follow();
    await isAsked.promise;
    await its.says(workspaceId, { status: 'suspended' });
    answered.resolve();
    await late;
    await slow.sweep();
    expect(await isShut(url)).toBe(true);
  });

  test('are the same for two replicas that hear of many changes at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, open));
    const replicas = [its.another(), its.another()];
    all.forEach(({ workspaceId }, i) => {
      its.tenancy.says(workspaceId, i % 2 === 0 ? { status: 'suspended' } : {});
    });
    await Promise.all(replicas.map(({ follow }) => follow()));
    await Promise.all(replicas.map(({ sweep }) => sweep()));
    expect(await Promise.all(all.map(({ url }) => isShut(url)))).toEqual(all.map((_, i) => i % 2 === 0));
    expect(
      await its.database.query('select 1 from placement where heard < told or settled_revision < revision'),
    ).toEqual([]);
  });

  test('on a cluster that is away wait alone, and are closed when it is back', async () => {
    const { workspaceId, url } = await open();
    const { setting } = its.testClusters[0] ?? {};
    if (!setting) throw new Error('there is no cluster');
    const nowhere = new URL(setting.adminUrl);
    nowhere.port = String(await freePort());
    const away = createClusters([{ ...setting, adminUrl: nowhere.href }], its);
    const cutOff = createPlacements({ ...its, clusters: away, masterKey: testMasterKey(1) });
    its.tenancy.says(workspaceId, { status: 'suspended' });
    await cutOff.follow();
    await cutOff.sweep();
    expect(await isShut(url)).toBe(false);
    await away.close();
    await its.placements.sweep();
    expect(await isShut(url)).toBe(true);
  });

  test('throw out who was let in at the moment that they were closed', async () => {
    const { place, workspaceId, url } = await open();
    await its.says(workspaceId, { status: 'suspended' });
    const role = escapeIdentifier(loginName(place, 'owner'));
    const superuserUrl = its.testClusters[0]?.superuserUrl ?? '';
    await query(superuserUrl, `alter role ${role} login`);
    const inside = new Client({ connectionString: url });
    const isOut = new Promise((resolve) => inside.on('error', resolve));
    await inside.connect();
    await query(superuserUrl, `alter role ${role} nologin`);
    await its.placements.sweep();
    await isOut;
  });

  test('are purged with what others gave to their roles', async () => {
    const [mine, other] = [await open(), await open()];
    const table = `${other.place.schema}.given`;
    const member = roleName(mine.place, 'member');
    await query(
      other.url,
      `create table ${table} (id int); grant select (id) on ${table} to ${member};
       create policy theirs on ${table} to ${member} using (true);
       create function ${table}() returns int language sql return 1; grant execute on function ${table}() to ${member};
       alter default privileges grant select on tables to ${member}`,
    );
    await its.says(mine.workspaceId, { status: 'purged' });
    const { admin } = its.clusters.named(mine.place.cluster);
    const roles = 'select rolname from pg_roles where starts_with(rolname, $1)';
    expect(await admin.query(roles, [mine.place.schema])).toEqual([]);
    expect(await query(other.url, `select * from ${table}`)).toEqual([]);
  });

  test('open no login that is made while they are closed, and that one too when they open', async () => {
    const { place, workspaceId } = await open();
    await its.says(workspaceId, { status: 'suspended' });
    const { admin } = its.clusters.named(place.cluster);
    const username = `${place.schema}_c${'0'.repeat(26)}`;
    await putLogin(admin, place, { username, access: 'rows', password: 'late' });
    const url = new URL(its.placements.urlOf(place, 'owner'));
    url.username = username;
    url.password = 'late';
    expect(await isShut(url.href)).toBe(true);
    await its.says(workspaceId, {});
    expect(await isShut(url.href)).toBe(false);
    await its.says(workspaceId, { status: 'purged' });
    const putting = putLogin(admin, place, { username, access: 'rows', password: 'later' });
    await expect(putting).rejects.toMatchObject({ code: 'WORKSPACE_NOT_FOUND' });
  });
});
