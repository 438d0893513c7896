import { type Caller, END_USER_PERMISSIONS, newId } from '@plinth/contracts';
import { testKey } from '@plinth/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// What is said of a table holds for its rows, for whoever asks: tables, policies and hidden columns are made by requests, and rows
// are read by others right after.

const postgres = await openPostgres();
const member = postgres.newMember();

const within = ({ organizationId, tenantId, workspaceId, workspace, plan, capabilities }: Caller) => ({
  organizationId,
  tenantId,
  workspaceId,
  workspace,
  plan,
  capabilities,
});

/** An end user of the tenant, as its token says. */
const user = (id: string, claims: Record<string, unknown> = {}): Caller => ({
  kind: 'endUser',
  id,
  ...within(member),
  claims: { ...claims, sub: id },
  permissions: [...END_USER_PERMISSIONS],
  suspended: false,
});

async function at(
  caller: Caller,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  payload?: object,
) {
  const url = `/v1/postgres/${member.workspaceId}${path}`;
  const { status, body } = await postgres.send(caller, { method, url, ...(payload && { payload }) });
  return { status, body };
}

describe('end users', () => {
  const [ann, bob] = [newId('user'), newId('user')];

  beforeAll(async () => {
    const columns = [
      { name: 'id', type: 'bigint', primaryKey: true, identity: 'always' },
      { name: 'owner', type: 'text', default: 'plinth.uid()' },
      { name: 'team', type: 'text' },
      { name: 'text', type: 'text' },
      { name: 'price', type: 'integer', default: 5, hiddenFrom: ['user'] },
    ];
    expect((await at(member, 'POST', '/tables', { name: 'note', columns })).status).toBe(201);
  });

  test('have no rows before a policy says so, and theirs from then on', async () => {
    await at(member, 'POST', '/rows/note', { owner: ann, text: 'of Ann', team: 'red' });
    expect((await at(user(ann), 'GET', '/rows/note?select=text')).body).toEqual([]);
    const own = { conditions: [{ column: 'owner', operator: 'eq', uid: true }] };
    expect((await at(member, 'POST', '/tables/note/policies', { name: 'own', using: own })).status).toBe(201);
    expect((await at(user(ann), 'GET', '/rows/note?select=text')).body).toEqual([{ text: 'of Ann' }]);
    expect((await at(user(bob), 'GET', '/rows/note?select=text')).body).toEqual([]);
    expect((await at(user(bob), 'POST', '/rows/note', { text: 'of Bob', team: 'blue' })).status).toBe(201);
    expect((await at(user(bob), 'GET', '/rows/note?select=owner,text')).body).toEqual([
      { owner: bob, text: 'of Bob' },
    ]);
    const forged = await at(user(bob), 'POST', '/rows/note', { text: 'for Ann', owner: ann });
    expect([forged.status, forged.body.error.code]).toEqual([403, 'PERMISSION_DENIED']);
    await at(user(bob), 'PATCH', '/rows/note?id=gt.0', { text: 'taken' });
    const all = await at(member, 'GET', '/rows/note?select=text&order=id');
    expect(all.body).toEqual([{ text: 'of Ann' }, { text: 'taken' }]);
  });

  test('and those of their team, by a claim of their token', async () => {
    const using = { conditions: [{ column: 'team', operator: 'in', claim: 'teams' }] };
    await at(member, 'POST', '/tables/note/policies', { name: 'team', command: 'select', using });
    const read = await at(user(newId('user'), { teams: ['red', 'green'] }), 'GET', '/rows/note?select=text');
    expect(read.body).toEqual([{ text: 'of Ann' }]);
  });

  test('do not have a hidden column, however they ask', async () => {
    const paths = [
      'select=price',
      'select=text&price=eq.5',
      'select=text&order=price',
      'select=price.max()',
      'select=text&or=(price.gt.1,id.gt.0)',
    ];
    for (const path of paths) {
      const { status, body } = await at(user(ann), 'GET', `/rows/note?${path}`);
      expect([path, status]).toEqual([path, 403]);
      expect(body.error.code).toBe('PERMISSION_DENIED');
      expect((await at(member, 'GET', `/rows/note?${path}`)).status).toBe(200);
    }
    const write = await at(user(ann), 'PATCH', '/rows/note?id=gt.0', { price: 1 });
    expect(write.status).toBe(403);
    expect((await at(member, 'GET', '/rows/note?select=price&price=neq.5')).body).toEqual([]);
  });
});

describe('keys', () => {
  test('have all rows, unless the table asks policies about them', async () => {
    const key = testKey('admin:write', within(member));
    const columns = [{ name: 'id', type: 'integer', primaryKey: true }];
    await at(member, 'POST', '/tables', { name: 'shelf', columns });
    await at(member, 'POST', '/rows/shelf', { id: 1 });
    expect((await at(key, 'GET', '/rows/shelf')).body).toEqual([{ id: 1 }]);
    await at(member, 'PATCH', '/tables/shelf', { policiesFor: ['user', 'key'] });
    expect((await at(key, 'GET', '/rows/shelf')).body).toEqual([]);
    expect((await at(member, 'GET', '/rows/shelf')).body).toEqual([{ id: 1 }]);
  });
});

describe('a change of a table', () => {
  test('is seen by the next request', async () => {
    const columns = [{ name: 'id', type: 'integer', primaryKey: true }];
    await at(member, 'POST', '/tables', { name: 'plan', columns });
    expect((await at(member, 'POST', '/rows/plan', { id: 1 })).status).toBe(201);
    for (let i = 0; i < 10; i++) {
      const added = { name: `title_${i}`, type: 'text', default: 'new' };
      await at(member, 'PATCH', '/tables/plan', { addColumns: [added] });
      expect((await at(member, 'GET', `/rows/plan?select=title_${i}`)).body).toEqual([
        { [`title_${i}`]: 'new' },
      ]);
    }
    await at(member, 'DELETE', '/tables/plan');
    expect((await at(member, 'GET', '/rows/plan')).status).toBe(404);
  });
});
