import { withClient } from '@plinth/embedded';
import { describe, expect, test } from 'vitest';
import { roleName, type Standing } from '../placement/place.ts';
import { memberOf } from '../testing/test-placements.ts';
import { openSchemas } from '../testing/test-schemas.ts';

const its = await openSchemas();
const caller = memberOf();

const COLUMNS = [
  { name: 'id', type: 'bigint', primaryKey: true, identity: 'byDefault' },
  { name: 'owner', type: 'text' },
  { name: 'team', type: 'varchar(4)' },
  { name: 'level', type: 'integer' },
  { name: 'state', type: 'text' },
];
let count = 0;

/** Five rows, by their ids. */
async function create(more: object = {}): Promise<string> {
  const name = `table_${++count}`;
  await its.at(caller, 'POST', '/tables', { name, columns: COLUMNS, ...more });
  await as(
    'member',
    {},
    `insert into ${name} (id, owner, team, level, state) values
    (1, 'u1', 'red', 1, 'open'), (2, 'u1', 'blue', 2, null), (3, 'u2', 'red', 3, 'open'), (4, 'u2', 'blue', 4, 'done'), (5, null, null, null, null)`,
  );
  return name;
}

async function as(standing: Standing, claims: object, sql: string) {
  const place = await its.placements.placeOf(caller);
  return withClient(its.placements.urlOf(place, 'api'), async (client) => {
    await client.query(`set role "${roleName(place, standing)}"; set search_path = "${place.schema}"`);
    await client.query(`select set_config('request.jwt.claims', $1, false)`, [JSON.stringify(claims)]);
    return (await client.query(sql)).rows;
  });
}

const idsOf = async (table: string, claims: object, standing: Standing = 'user') =>
  (await as(standing, claims, `select id from ${table} order by id`)).map(({ id }) => Number(id));

const policy = (table: string, payload: object) =>
  its.at(caller, 'POST', `/tables/${table}/policies`, { name: 'p', ...payload });

const one = (condition: object) => ({ conditions: [condition] });

describe('a predicate lets an end user have', () => {
  test.each<[string, object, number[]]>([
    ['every row', { conditions: [] }, [1, 2, 3, 4, 5]],
    ['no row', { match: 'any', conditions: [] }, []],
    ['their own', one({ column: 'owner', operator: 'eq', uid: true }), [1, 2]],
    ['what is not theirs', one({ column: 'owner', operator: 'neq', uid: true }), [3, 4]],
    ['their team’s, by a claim', one({ column: 'team', operator: 'eq', claim: 'team' }), [1, 3]],
    ['their team’s, by a path of claims', one({ column: 'team', operator: 'eq', claim: 'app.team' }), [2, 4]],
    ['those of their teams', one({ column: 'team', operator: 'in', claim: 'teams' }), [2, 4]],
    ['those of a list that is one', one({ column: 'team', operator: 'in', claim: 'team' }), [1, 3]],
    ['a constant', one({ column: 'state', operator: 'eq', value: 'open' }), [1, 3]],
    [
      'a constant that is longer than its column',
      one({ column: 'team', operator: 'eq', value: 'redder' }),
      [],
    ],
    ['of a list of constants', one({ column: 'level', operator: 'in', value: [1, 4] }), [1, 4]],
    [
      'up to their level, which is a number',
      one({ column: 'level', operator: 'lte', claim: 'level' }),
      [1, 2, 3],
    ],
    ['what is empty', one({ column: 'state', operator: 'isNull' }), [2, 5]],
    ['what is not', one({ column: 'state', operator: 'isNotNull' }), [1, 3, 4]],
    ['all, with a claim', one({ claim: 'team', operator: 'eq', value: 'red' }), [1, 2, 3, 4, 5]],
    ['none, without it', one({ claim: 'admin', operator: 'eq', value: 'true' }), []],
    [
      'what fits one of several',
      {
        match: 'any',
        conditions: [
          { column: 'owner', operator: 'eq', uid: true },
          {
            conditions: [
              { column: 'state', operator: 'eq', value: 'done' },
              { column: 'level', operator: 'gt', value: 3 },
            ],
          },
        ],
      },
      [1, 2, 4],
    ],
    [
      'what fits all',
      {
        conditions: [
          { column: 'owner', operator: 'eq', uid: true },
          {
            match: 'any',
            conditions: [
              { column: 'level', operator: 'gt', value: 1 },
              { column: 'level', operator: 'lt', value: 0 },
            ],
          },
        ],
      },
      [2],
    ],
  ])('%s', async (_, using, ids) => {
    const table = await create();
    const { status } = await policy(table, { using });
    expect(status).toBe(201);
    const claims = { sub: 'u1', team: 'red', app: { team: 'blue' }, teams: ['blue', "o'x"], level: 3 };
    expect(await idsOf(table, claims)).toEqual(ids);
  });

  test('nothing that needs a claim, where there is none', async () => {
    const table = await create();
    await policy(table, { using: one({ column: 'owner', operator: 'eq', uid: true }) });
    await policy(table, { name: 'q', using: one({ column: 'team', operator: 'in', claim: 'teams' }) });
    expect(await idsOf(table, {})).toEqual([]);
  });
});

describe('a policy', () => {
  test('asks who it is once for a statement, and warns where no index helps', async () => {
    const table = await create();
    const { body } = await policy(table, { using: one({ column: 'owner', operator: 'eq', uid: true }) });
    expect(body).toMatchObject({
      name: 'p',
      command: 'all',
      to: ['user'],
      restrictive: false,
      builtIn: false,
      check: null,
      sql: [],
      warnings: ['The column owner has no index that begins with it'],
    });
    expect(body.using).toContain('SELECT plinth.uid()');
    const [plan] = await as('user', { sub: 'u1' }, `explain (format json) select * from ${table}`);
    expect(JSON.stringify(plan)).toContain('InitPlan');
    await its.at(caller, 'POST', `/tables/${table}/indexes`, { columns: [{ name: 'owner' }] });
    const again = await policy(table, {
      name: 'q',
      using: one({ column: 'owner', operator: 'eq', uid: true }),
    });
    expect(again.body.warnings).toEqual([]);
  });

  test('says what rows may become', async () => {
    const table = await create();
    const own = one({ column: 'owner', operator: 'eq', uid: true });
    await policy(table, {
      using: own,
      check: { conditions: [...own.conditions, { column: 'state', operator: 'eq', value: 'open' }] },
    });
    const as1 = (sql: string) =>
      as('user', { sub: 'u1' }, sql).then(
        () => 'done',
        ({ code }) => code,
      );
    expect(await as1(`insert into ${table} (id, owner, state) values (6, 'u1', 'open')`)).toBe('done');
    expect(await as1(`insert into ${table} (id, owner, state) values (7, 'u1', 'done')`)).toBe('42501');
    expect(await as1(`insert into ${table} (id, owner, state) values (8, 'u2', 'open')`)).toBe('42501');
    expect(await as1(`update ${table} set owner = 'u2' where id = 1`)).toBe('42501');
    await as1(`delete from ${table} where id = 3`);
    expect(await as('member', {}, `select id from ${table} where id = 3`)).toHaveLength(1);
  });

  test('that is restrictive takes away of what others allow', async () => {
    const table = await create();
    await policy(table, { using: { conditions: [] } });
    await policy(table, {
      name: 'q',
      restrictive: true,
      using: one({ column: 'state', operator: 'eq', value: 'open' }),
    });
    expect(await idsOf(table, {})).toEqual([1, 3]);
  });

  test('can be about keys, and of one command', async () => {
    const table = await create({ policiesFor: ['user', 'key'] });
    await policy(table, {
      to: ['key'],
      command: 'select',
      using: one({ column: 'team', operator: 'eq', value: 'red' }),
    });
    expect([await idsOf(table, {}, 'key'), await idsOf(table, {})]).toEqual([[1, 3], []]);
    const insert = as('key', {}, `insert into ${table} (id, team) values (6, 'red')`);
    await expect(insert).rejects.toMatchObject({ code: '42501' });
    await policy(table, { name: 'q', to: ['key'], command: 'insert', check: { conditions: [] } });
    await as('key', {}, `insert into ${table} (id, team) values (6, 'red')`);
  });

  test('is listed with those that are built in, and removed', async () => {
    const table = await create();
    await policy(table, { using: { conditions: [] } });
    const { body } = await its.at(caller, 'GET', `/tables/${table}/policies`);
    expect(
      body.data.map(({ name, to, builtIn }: { name: string; to: string[]; builtIn: boolean }) => [
        name,
        to,
        builtIn,
      ]),
    ).toEqual([
      ['plinth_all_member', ['member'], true],
      ['plinth_all_key', ['key'], true],
      ['p', ['user'], false],
    ]);
    const builtIn = await its.at(caller, 'DELETE', `/tables/${table}/policies/plinth_all_member`);
    expect([builtIn.status, builtIn.body.error.code]).toEqual([409, 'CONFLICT']);
    expect((await its.at(caller, 'DELETE', `/tables/${table}/policies/p`)).status).toBe(200);
    expect((await its.at(caller, 'DELETE', `/tables/${table}/policies/p`)).body.error.code).toBe(
      'POLICY_NOT_FOUND',
    );
    expect(await idsOf(table, {})).toEqual([]);
  });

  test('tried out tells its SQL, of which nothing is the caller’s own', async () => {
    const table = await create();
    const { body } = await policy(table, {
      dryRun: true,
      using: one({ column: 'owner', operator: 'eq', value: "x'); drop table t; --\\" }),
    });
    expect(body.sql).toHaveLength(1);
    expect(body.sql[0]).toContain(`"owner" operator(pg_catalog.=)  E'x''); drop table t; --\\\\'::text)`);
    expect((await its.at(caller, 'GET', `/tables/${table}/policies`)).body.data).toHaveLength(2);
  });

  test.each<[string, object, string, string]>([
    [
      'no such column',
      { using: one({ column: 'nowhere', operator: 'eq', value: 1 }) },
      'COLUMN_NOT_FOUND',
      'using.conditions.0.column',
    ],
    [
      'a constant of another type',
      { using: one({ column: 'level', operator: 'eq', value: 'high' }) },
      'INVALID_VALUE',
      'using',
    ],
    [
      'a list that is none',
      { using: one({ column: 'level', operator: 'in', value: 1 }) },
      'VALIDATION_FAILED',
      'using.conditions.0.value',
    ],
    [
      'two right sides',
      { using: one({ column: 'level', operator: 'eq', value: 1, uid: true }) },
      'VALIDATION_FAILED',
      'using.conditions.0.operator',
    ],
    [
      'nothing to compare',
      { using: one({ operator: 'eq', value: 1 }) },
      'VALIDATION_FAILED',
      'using.conditions.0.column',
    ],
    [
      'an operator of one’s own',
      { using: one({ column: 'level', operator: '= 1 or', value: 1 }) },
      'VALIDATION_FAILED',
      'using.conditions.0',
    ],
    ['SQL', { using: 'true' }, 'VALIDATION_FAILED', 'using'],
    [
      'a check of what makes no rows',
      { command: 'select', using: { conditions: [] }, check: { conditions: [] } },
      'VALIDATION_FAILED',
      'check',
    ],
    [
      'an insert of rows that are there',
      { command: 'insert', using: { conditions: [] }, check: { conditions: [] } },
      'VALIDATION_FAILED',
      'using',
    ],
    [
      'a name of the platform',
      { name: 'plinth_all_user', using: { conditions: [] } },
      'VALIDATION_FAILED',
      'name',
    ],
    ['a role of one’s own', { to: ['member'], using: { conditions: [] } }, 'VALIDATION_FAILED', 'to.0'],
  ])('with %s is refused by name', async (_, payload, code, field) => {
    const table = await create();
    const { body } = await policy(table, payload);
    expect(body.error.code).toBe(code);
    const { details } = body.error;
    expect(details.field ?? details.fields.map(({ path }: { path: string }) => path).join()).toContain(field);
  });

  test('of a name that there is, or of no table, is refused', async () => {
    const table = await create();
    await policy(table, { using: { conditions: [] } });
    expect((await policy(table, { using: { conditions: [] } })).body.error.code).toBe('CONFLICT');
    expect((await policy('nowhere', { using: { conditions: [] } })).body.error.code).toBe('TABLE_NOT_FOUND');
  });
});
