import { beforeAll, describe, expect, test } from 'vitest';
import { as, call } from './api.ts';
import { type EndUser, newEndUser } from './end-user.ts';
import { activeRealmOf } from './realm.ts';
import { newWorkspace } from './workspace.ts';

// The users of a tenant's app, with tokens of its realm, at the rows of its workspace: they have what policies give them, and
// Postgres knows who they are.

let base: string;
let owner: Awaited<ReturnType<typeof as>>;
let ada: EndUser;
let grace: EndUser;

const ID = { name: 'id', type: 'bigint', primaryKey: true, identity: true };

async function make(path: string, body: object): Promise<void> {
  const answer = await owner.post(`${base}/${path}`, { body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
}

const textsOf = async (reader: Pick<EndUser, 'get'>, query = 'select=text&order=id') => {
  const { status, body } = await reader.get(`${base}/rows/notes?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.map(({ text }: { text: string }) => text);
};

beforeAll(async () => {
  owner = await as('owner');
  const { workspaceId, tenantId } = await newWorkspace();
  base = `/v1/postgres/${workspaceId}`;
  const realm = await activeRealmOf(tenantId);
  [ada, grace] = await Promise.all([newEndUser(realm, 'Ada'), newEndUser(realm, 'Grace')]);
  await make('tables', {
    name: 'people',
    columns: [
      ID,
      { name: 'name', type: 'text', nullable: false },
      { name: 'salary', type: 'integer', hiddenFrom: ['user'] },
    ],
  });
  await make('tables', {
    name: 'notes',
    columns: [
      ID,
      { name: 'owner', type: 'text', nullable: false, default: 'plinth.uid()' },
      { name: 'text', type: 'text', nullable: false },
      { name: 'person', type: 'bigint', references: { table: 'people', column: 'id' } },
      { name: 'secret', type: 'text', hiddenFrom: ['user'] },
    ],
  });
  await make('tables/people/policies', { name: 'all', command: 'select', using: { conditions: [] } });
  await make('rows/people', { name: 'Linus', salary: 1 });
  await make('rows/notes', [
    { owner: ada.subject, text: 'of Ada', person: 1, secret: 'a' },
    { owner: grace.subject, text: 'of Grace', person: 1, secret: 'b' },
  ]);
});

describe('an end user', () => {
  test('has no rows before a policy, and those of the policy from then on', async () => {
    expect(await textsOf(ada)).toEqual([]);
    expect((await ada.send('POST', `${base}/rows/notes`, { text: 'too early' })).status).toBe(403);
    await make('tables/notes/policies', {
      name: 'own',
      using: { conditions: [{ column: 'owner', operator: 'eq', uid: true }] },
    });
    expect(await textsOf(ada)).toEqual(['of Ada']);
    expect(await textsOf(grace)).toEqual(['of Grace']);
  });

  test('writes rows of its own, and can neither make nor touch those of others', async () => {
    const rows = `${base}/rows/notes`;
    const returning = { prefer: 'return=representation' };
    const made = await ada.send('POST', `${rows}?select=owner,text`, { text: 'new' }, returning);
    expect([made.status, made.body]).toEqual([201, [{ owner: ada.subject, text: 'new' }]]);
    const forged = await ada.send('POST', rows, { owner: grace.subject, text: 'forged' });
    expect([forged.status, forged.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
    const given = await ada.send('PATCH', `${rows}?text=eq.new`, { owner: grace.subject });
    expect(given.status).toBe(403);
    const changed = await ada.send('PATCH', `${rows}?owner=eq.${grace.subject}`, { text: 'changed' });
    expect(changed.headers.get('x-rows-affected')).toBe('0');
    const removed = await call('DELETE', `${rows}?text=eq.new`, { token: ada.token });
    expect([removed.status, removed.headers.get('x-rows-affected')]).toEqual([204, '1']);
    expect(await textsOf(grace)).toEqual(['of Grace']);
  });

  test('is to policies what its token says', async () => {
    await make('tables', { name: 'news', columns: [ID, { name: 'title', type: 'text' }] });
    await make('rows/news', { title: 'For one app' });
    await make('tables/news/policies', {
      name: 'app',
      command: 'select',
      using: { conditions: [{ claim: 'azp', operator: 'eq', value: ada.clientId }] },
    });
    const read = async (user: EndUser) => (await user.get(`${base}/rows/news?select=title`)).body;
    expect(await read(ada)).toEqual([{ title: 'For one app' }]);
    expect(await read(grace)).toEqual([]);
  });

  test.each([
    ['selected', 'notes?select=secret'],
    ['selected by another name', 'notes?select=text:secret'],
    ['filtered by', 'notes?select=id&secret=eq.a'],
    ['filtered by in a combination', 'notes?select=id&or=(id.eq.1,secret.eq.a)'],
    ['ordered by', 'notes?select=id&order=secret'],
    ['aggregated', 'notes?select=secret.max()'],
    ['grouped by', 'notes?select=secret,count()'],
    ['embedded', 'notes?select=id,people(salary)'],
    ['spread', 'notes?select=id,...people(salary)'],
    ['filtered by in an embed', 'notes?select=id,people!inner(name)&people.salary=gt.0'],
    ['ordered by through an embed', 'notes?select=id,people(name)&order=people(salary)'],
    ['aggregated in an embed', 'people?select=name,notes(secret.max())'],
  ])('finds that a hidden column cannot be %s', async (_, path) => {
    const { status, body } = await ada.get(`${base}/rows/${path}`);
    expect([status, body.error?.code]).toEqual([403, 'PERMISSION_DENIED']);
  });

  test('cannot write a hidden column, nor have it come back', async () => {
    const rows = `${base}/rows/notes`;
    for (const [method, path, body] of [
      ['POST', rows, { text: 'x', secret: 'x' }],
      ['PATCH', `${rows}?id=eq.1`, { secret: 'x' }],
      ['PATCH', `${rows}?secret=eq.a`, { text: 'x' }],
      ['POST', `${rows}?select=secret`, { text: 'x' }],
    ] as const) {
      const answer = await ada.send(method, path, body, { prefer: 'return=representation' });
      expect([answer.status, answer.body.error?.code], `${method} ${path}`).toEqual([
        403,
        'PERMISSION_DENIED',
      ]);
    }
  });

  test('is shown all that is not hidden where nothing is named', async () => {
    const { body } = await ada.get(`${base}/rows/notes?person=eq.1&select=*,people(*)`);
    expect(body).toEqual([
      { id: 1, owner: ada.subject, text: 'of Ada', person: 1, people: { id: 1, name: 'Linus' } },
    ]);
  });

  test('is given a document of what it may use', async () => {
    const { status, body } = await ada.get(`${base}/openapi.json`);
    expect([status, Object.keys(body.paths['/rows/people'])]).toEqual([200, ['get']]);
    const text = JSON.stringify(body);
    expect(['secret', 'salary'].filter((name) => text.includes(name))).toEqual([]);
  });

  test('of another tenant finds nothing', async () => {
    const other = await newWorkspace();
    const stranger = await newEndUser(await activeRealmOf(other.tenantId), 'Stranger');
    for (const path of ['rows/notes', 'openapi.json']) {
      const { status, body } = await stranger.get(`${base}/${path}`);
      expect([status, body.error.code], path).toEqual([404, 'WORKSPACE_NOT_FOUND']);
    }
    expect((await stranger.send('POST', `${base}/rows/notes`, { text: 'x' })).status).toBe(404);
    expect((await stranger.get(`/v1/postgres/${other.workspaceId}/openapi.json`)).status).toBe(200);
  });

  test('has no say in tables', async () => {
    const body = { name: 'mine', columns: [ID] };
    expect((await ada.send('POST', `${base}/tables`, body)).status).toBe(403);
    expect((await ada.get(`${base}/tables`)).status).toBe(403);
  });
});

test('a member has all rows and all columns', async () => {
  expect(await textsOf(owner, 'select=text&secret=not.is.null&order=id')).toEqual(['of Ada', 'of Grace']);
});

test('a key that may read has all rows, and changes none', async () => {
  const made = await owner.post('/v1/api-keys', {
    body: { name: 'Reader', role: 'general:read', expiresIn: '7d' },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const token = made.body.key;
  const { status, body } = await call('GET', `${base}/rows/notes?select=text,secret&id=lt.3&order=id`, {
    token,
  });
  expect([status, body]).toEqual([
    200,
    [
      { text: 'of Ada', secret: 'a' },
      { text: 'of Grace', secret: 'b' },
    ],
  ]);
  const sent = { token, body: { text: 'x' } };
  for (const [method, path] of [
    ['POST', 'notes'],
    ['PATCH', 'notes?id=eq.1'],
    ['PUT', 'notes?id=eq.1'],
  ] as const) {
    const answer = await call(method, `${base}/rows/${path}`, sent);
    expect([answer.status, answer.body.error.code], method).toEqual([403, 'PERMISSION_DENIED']);
  }
  expect((await call('DELETE', `${base}/rows/notes?id=eq.1`, { token })).status).toBe(403);
  await owner.remove(`/v1/api-keys/${made.body.id}`);
});
