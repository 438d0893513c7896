import { type Caller, END_USER_PERMISSIONS } from '@plinth/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { roleName } from '../placement/place.ts';
import { openPostgres, schemaOf } from '../testing/harness.ts';

// Policies that look into other tables, made by requests and tried out by end users.

const postgres = await openPostgres();
const member = postgres.newMember();

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const user = (sub: string): Caller => ({
  ...member,
  kind: 'endUser',
  id: sub,
  claims: { sub },
  permissions: [...END_USER_PERMISSIONS],
});

async function at(caller: Caller, method: Method, path: string, payload?: object) {
  const url = `/v1/postgres/${caller.workspaceId}${path}`;
  const { status, body } = await postgres.send(caller, { method, url, ...(payload && { payload }) });
  return { status, body };
}

const policy = (table: string, payload: object) =>
  at(member, 'POST', `/tables/${table}/policies`, { name: 'p', ...payload });

const id = { name: 'id', type: 'bigint', primaryKey: true, identity: 'byDefault' };
let count = 0;

interface Names {
  project: string;
  membership: string;
  task: string;
}

/** Projects 1 and 2, whose members are ann and bob, and bob alone; a task of each. */
async function create(): Promise<Names> {
  const n = ++count;
  const names = { project: `project_${n}`, membership: `member_${n}`, task: `task_${n}` };
  const tables = [
    [names.project, [id, { name: 'title', type: 'text' }]],
    [
      names.membership,
      [
        id,
        { name: 'project_id', type: 'bigint' },
        { name: 'user_id', type: 'text' },
        { name: 'salary', type: 'integer', hiddenFrom: ['user'] },
      ],
    ],
    [names.task, [id, { name: 'project_id', type: 'bigint' }, { name: 'state', type: 'text' }]],
  ] as const;
  for (const [name, columns] of tables) {
    expect((await at(member, 'POST', '/tables', { name, columns })).status).toBe(201);
  }
  await at(member, 'POST', `/rows/${names.project}`, [
    { id: 1, title: 'shared' },
    { id: 2, title: 'of Bob' },
  ]);
  await at(member, 'POST', `/rows/${names.membership}`, [
    { project_id: 1, user_id: 'ann', salary: 5 },
    { project_id: 1, user_id: 'bob', salary: 7 },
    { project_id: 2, user_id: 'bob', salary: 9 },
  ]);
  await at(member, 'POST', `/rows/${names.task}`, [
    { id: 1, project_id: 1, state: 'open' },
    { id: 2, project_id: 2, state: 'open' },
  ]);
  return names;
}

const idsOf = async (sub: string, table: string) => {
  const { status, body } = await at(user(sub), 'GET', `/rows/${table}?select=id&order=id`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.map((row: { id: number }) => row.id);
};

const mine = (table: string, row: string) => ({
  exists: {
    table,
    where: [
      { column: 'project_id', operator: 'eq', row },
      { column: 'user_id', operator: 'eq', uid: true },
    ],
  },
});

/** The plan of what a user reads. */
async function planOf(sub: string, table: string): Promise<string> {
  const schema = schemaOf(member);
  const [plan] = await postgres.sql(
    `select set_config('request.jwt.claims', '{"sub":"${sub}"}', false);
     set search_path = ${schema}; set enable_seqscan = off; set role "${roleName({ schema }, 'user')}";
     explain (format json) select id from ${table}`,
  );
  return JSON.stringify(plan['QUERY PLAN']);
}

describe('a policy that asks for a row of another table', () => {
  test('gives members of a project the project, and its tasks', async () => {
    const { project, membership, task } = await create();
    expect((await policy(project, { using: { conditions: [mine(membership, 'id')] } })).status).toBe(201);
    expect((await policy(task, { using: { conditions: [mine(membership, 'project_id')] } })).status).toBe(
      201,
    );
    expect([await idsOf('ann', project), await idsOf('bob', project), await idsOf('eve', project)]).toEqual([
      [1],
      [1, 2],
      [],
    ]);
    expect([await idsOf('ann', task), await idsOf('bob', task)]).toEqual([[1], [1, 2]]);
    await at(member, 'DELETE', `/rows/${membership}?user_id=eq.ann`);
    expect(await idsOf('ann', task)).toEqual([]);
  });

  test('says what rows may become', async () => {
    const { task, membership } = await create();
    await policy(task, { using: { conditions: [mine(membership, 'project_id')] } });
    const insert = (project_id: number) =>
      at(user('ann'), 'POST', `/rows/${task}`, { id: 10 + project_id, project_id });
    expect([(await insert(1)).status, (await insert(2)).status]).toEqual([201, 403]);
    const moved = await at(user('ann'), 'PATCH', `/rows/${task}?id=eq.1`, { project_id: 2 });
    expect(moved.status).toBe(403);
  });

  test('may be of the table itself: members of a project see who else is in it', async () => {
    const { membership } = await create();
    const { status, body } = await policy(membership, {
      using: { conditions: [mine(membership, 'project_id')] },
    });
    expect([status, body.looksInto]).toEqual([201, [membership]]);
    const { body: rows } = await at(user('ann'), 'GET', `/rows/${membership}?select=user_id&order=id`);
    expect(rows).toEqual([{ user_id: 'ann' }, { user_id: 'bob' }]);
    expect((await at(member, 'DELETE', `/tables/${membership}`)).status).toBe(200);
  });

  describe('holds', () => {
    let names: Names;
    beforeAll(async () => {
      names = await create();
    });

    test.each<[string, object[], number[]]>([
      [
        'with a constant',
        [
          { column: 'project_id', operator: 'eq', row: 'id' },
          { column: 'state', operator: 'in', value: ['open', "o'x"] },
        ],
        [1, 2],
      ],
      [
        'by several columns',
        [
          { column: 'project_id', operator: 'eq', row: 'id' },
          { column: 'id', operator: 'lt', row: 'id' },
        ],
        [],
      ],
      [
        'by an order',
        [
          { column: 'project_id', operator: 'lt', row: 'id' },
          { column: 'state', operator: 'isNotNull' },
        ],
        [2],
      ],
      ['of which there is none for anybody', [{ column: 'state', operator: 'eq', uid: true }], []],
      ['that has nothing to do with the row', [{ column: 'state', operator: 'eq', value: 'open' }], [1, 2]],
    ])('%s', async (_, where, ids) => {
      const exists = { table: names.task, where };
      const { status, body } = await policy(names.project, { using: { conditions: [{ exists }] } });
      expect(status, JSON.stringify(body)).toBe(201);
      expect(await idsOf('ann', names.project)).toEqual(ids);
      await at(member, 'DELETE', `/tables/${names.project}/policies/p`);
    });
  });

  test('counts what whoever asks may see, where that is asked', async () => {
    const { project, membership, task } = await create();
    const visible = {
      exists: { table: project, where: [{ column: 'id', operator: 'eq', row: 'project_id' }], visible: true },
    };
    expect((await policy(task, { using: { conditions: [visible] } })).status).toBe(201);
    expect(await idsOf('ann', task)).toEqual([]);
    await policy(project, { using: { conditions: [mine(membership, 'id')] } });
    expect([await idsOf('ann', task), await idsOf('bob', task)]).toEqual([[1], [1, 2]]);
  });

  test('stands beside other conditions, and in groups of them', async () => {
    const { project, membership } = await create();
    const using = {
      match: 'any',
      conditions: [
        { column: 'title', operator: 'eq', value: 'of Bob' },
        { conditions: [mine(membership, 'id')] },
      ],
    };
    expect((await policy(project, { using })).status).toBe(201);
    expect(await idsOf('ann', project)).toEqual([1, 2]);
  });
});

describe('it costs', () => {
  test('one look for the caller’s own, then an index; and is told where there is none', async () => {
    const { project, membership } = await create();
    const { body } = await policy(project, { using: { conditions: [mine(membership, 'id')] } });
    expect(body.warnings).toEqual([`The column ${membership}.user_id has no index that begins with it`]);
    await at(member, 'POST', `/tables/${membership}/indexes`, { columns: [{ name: 'user_id' }] });
    const again = await policy(project, { name: 'q', using: { conditions: [mine(membership, 'id')] } });
    expect(again.body.warnings).toEqual([]);
    await at(member, 'DELETE', `/tables/${project}/policies/q`);
    const plan = await planOf('ann', project);
    expect(plan).toContain('InitPlan');
    expect(plan).not.toContain('SubPlan');
    expect(plan).toContain('"Index Cond":"(id = ANY');
  });
});

describe('it lets nobody have more', () => {
  test('than the policy says: what it asks is served to nobody', async () => {
    const { project, membership } = await create();
    await policy(project, { using: { conditions: [mine(membership, 'id')] } });
    const [{ view } = { view: '' }] = await postgres.sql(
      `select relname as view from pg_class where relname like 'plinth_exists_%' order by oid desc limit 1`,
    );
    for (const caller of [user('ann'), member]) {
      expect((await at(caller, 'GET', `/rows/${view}`)).status).toBe(404);
      expect((await at(caller, 'GET', `/rows/${project}?select=*,${view}(*)`)).status).toBe(400);
      expect(JSON.stringify((await at(caller, 'GET', '/openapi.json')).body)).not.toContain(view);
    }
    expect(await idsOf('ann', membership)).toEqual([]);
    const hidden = await at(user('ann'), 'GET', `/rows/${membership}?select=salary`);
    expect(hidden.status).toBe(403);
  });

  test('than its own workspace has', async () => {
    const stranger = postgres.newMember();
    await at(stranger, 'POST', '/tables', { name: 'theirs', columns: [id] });
    const { project } = await create();
    const of = (table: string) => ({
      exists: { table, where: [{ column: 'id', operator: 'eq', row: 'id' }] },
    });
    const { body } = await policy(project, { using: { conditions: [of('theirs')] } });
    expect(body.error.code).toBe('TABLE_NOT_FOUND');
    const schema = schemaOf(stranger);
    for (const table of [`${schema}.theirs`, `${schema}"."theirs`, 'pg_roles', 'placement']) {
      const refused = await policy(project, { using: { conditions: [of(table)] } });
      expect(refused.body.error.code).toMatch(/^(TABLE_NOT_FOUND|VALIDATION_FAILED)$/);
    }
  });

  describe('refused by name', () => {
    let names: Names;
    beforeAll(async () => {
      names = await create();
    });

    test.each<[string, (names: Names) => [string, object], string, string]>([
      [
        'no such table',
        () => ['project', { table: 'nowhere', where: [{ column: 'id', operator: 'eq', row: 'id' }] }],
        'TABLE_NOT_FOUND',
        'using.conditions.0.exists.table',
      ],
      [
        'no such column there',
        ({ task }) => ['project', { table: task, where: [{ column: 'nope', operator: 'eq', row: 'id' }] }],
        'COLUMN_NOT_FOUND',
        'using.conditions.0.exists.where.0.column',
      ],
      [
        'no such column here',
        ({ task }) => ['project', { table: task, where: [{ column: 'id', operator: 'eq', row: 'nope' }] }],
        'COLUMN_NOT_FOUND',
        'using.conditions.0.exists.where.0.row',
      ],
      [
        'types that do not fit',
        ({ task }) => ['project', { table: task, where: [{ column: 'state', operator: 'eq', row: 'id' }] }],
        'INVALID_VALUE',
        'using',
      ],
      [
        'two right sides',
        ({ task }) => [
          'project',
          { table: task, where: [{ column: 'id', operator: 'eq', row: 'id', uid: true }] },
        ],
        'VALIDATION_FAILED',
        'using.conditions.0',
      ],
      [
        'a list of a column',
        ({ task }) => ['project', { table: task, where: [{ column: 'id', operator: 'in', row: 'id' }] }],
        'VALIDATION_FAILED',
        'using.conditions.0',
      ],
      [
        'another one within',
        ({ task }) => ['project', { table: task, where: [{ exists: { table: task, where: [] } }] }],
        'VALIDATION_FAILED',
        'using.conditions.0',
      ],
      [
        'a hidden column that has to be seen',
        ({ membership }) => [
          'project',
          { table: membership, visible: true, where: [{ column: 'salary', operator: 'eq', row: 'id' }] },
        ],
        'VALIDATION_FAILED',
        'using.conditions.0.exists.where.0.column',
      ],
      [
        'what is visible of itself',
        ({ membership }) => [
          'membership',
          { table: membership, visible: true, where: [{ column: 'id', operator: 'eq', row: 'id' }] },
        ],
        'BUSINESS_RULE_VIOLATED',
        'using.conditions.0.exists.visible',
      ],
    ])('with %s', async (_, payload, code, field) => {
      const [table, exists] = payload(names);
      const { body } = await policy(table === 'membership' ? names.membership : names.project, {
        using: { conditions: [{ exists }] },
      });
      expect(body.error?.code, JSON.stringify(body)).toBe(code);
      const { details } = body.error;
      expect(details.field ?? details.fields.map(({ path }: { path: string }) => path).join()).toContain(
        field,
      );
    });
  });

  test('nor does it go round: what is visible here by what is visible there, and there by here', async () => {
    const { project, task } = await create();
    const seen = (table: string, column: string, row: string) => ({
      using: { conditions: [{ exists: { table, visible: true, where: [{ column, operator: 'eq', row }] } }] },
    });
    expect((await policy(task, seen(project, 'id', 'project_id'))).status).toBe(201);
    const { status, body } = await policy(project, seen(task, 'project_id', 'id'));
    expect([status, body.error.code]).toEqual([422, 'BUSINESS_RULE_VIOLATED']);
    expect(await idsOf('ann', project)).toEqual([]);
    const { visible: _, ...all } = seen(task, 'project_id', 'id').using.conditions[0]?.exists ?? {
      visible: true,
    };
    expect((await policy(project, { using: { conditions: [{ exists: all }] } })).status).toBe(201);
    expect([await idsOf('ann', project), await idsOf('ann', task)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});

describe('what it asks', () => {
  const views = async () =>
    (await postgres.sql("select relname from pg_class where relname like 'plinth_exists_%'")).length;

  test('is told of a dry run, and goes with the policy, with its table, and with the other table', async () => {
    const before = await views();
    const { project, membership, task } = await create();
    const using = { conditions: [mine(membership, 'id')] };
    const dry = await policy(project, { using, dryRun: true });
    expect(dry.body.sql.map((sql: string) => sql.split(' ')[0])).toEqual([
      'create',
      'revoke',
      'grant',
      'create',
    ]);
    expect(dry.body.looksInto).toEqual([membership]);
    expect(await views()).toBe(before);
    await policy(project, { using });
    await policy(task, { using: { conditions: [mine(membership, 'project_id')] } });
    expect(await views()).toBe(before + 2);
    const held = await at(member, 'DELETE', `/tables/${membership}`);
    expect([held.status, held.body.error.code]).toEqual([409, 'CONFLICT']);
    expect((await at(member, 'DELETE', `/tables/${project}/policies/p`)).status).toBe(200);
    expect((await at(member, 'DELETE', `/tables/${task}`)).status).toBe(200);
    expect(await views()).toBe(before);
    await policy(project, { using });
    expect((await at(member, 'DELETE', `/tables/${membership}?cascade=true`)).status).toBe(200);
    expect(await views()).toBe(before);
    expect(await idsOf('ann', project)).toEqual([]);
  });

  test('may be made by a migration', async () => {
    const { project, membership } = await create();
    const changes = [
      { createPolicy: { table: project, name: 'members', using: { conditions: [mine(membership, 'id')] } } },
    ];
    const { status } = await at(member, 'POST', '/migrations', {
      migrations: [{ version: '0001', changes }],
    });
    expect(status).toBe(200);
    expect(await idsOf('bob', project)).toEqual([1, 2]);
  });
});
