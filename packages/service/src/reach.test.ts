import { AppError, type Caller, permissionsOf } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { authorize } from './authorize.ts';
import type { ProcedureMeta } from './meta.ts';
import { checkReach, isReached, reachedIds } from './reach.ts';

const key: Caller = {
  kind: 'apiKey',
  id: 'key_1',
  organizationId: 'org_1',
  role: 'admin:write',
  permissions: [...permissionsOf('admin:write')],
  capabilities: [],
  suspended: false,
};

const TENANT = { tenantIds: ['tnt_a'] };
const WORKSPACE = { workspaceIds: ['wks_b'] };
const BOTH = { ...TENANT, ...WORKSPACE };
/** Whoever made such a credential meant less, not more. */
const NOTHING = {};
const EMPTY = { tenantIds: [], workspaceIds: [] };

type Reach = NonNullable<Caller['reach']>;
type Input = Record<string, unknown> | undefined;

function answerOf(
  reach: Reach | undefined,
  input: Input,
  more: Partial<Caller>,
  how: Partial<ProcedureMeta>,
) {
  const meta: ProcedureMeta = { summary: 'x', permission: 'workspaces:write', ...how };
  const caller = { ...key, ...more, ...(reach && { reach }) };
  try {
    authorize(meta, caller, input);
    checkReach(meta, caller, input);
    return 'in';
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    throw thrown;
  }
}

const filtered = 'filtered';
const at = (workspaceId: string, tenantId: string) => ({ workspaceId, tenantId });

test.each<[Reach | undefined, Input, Partial<Caller> | 'filtered', string]>([
  // Not limited.
  [undefined, {}, {}, 'in'],
  [undefined, { tenantId: 'tnt_x' }, {}, 'in'],
  // The whole organization.
  [TENANT, {}, {}, 'PERMISSION_DENIED'],
  [TENANT, undefined, {}, 'PERMISSION_DENIED'],
  [WORKSPACE, { slug: 'x' }, {}, 'PERMISSION_DENIED'],
  [NOTHING, {}, {}, 'PERMISSION_DENIED'],
  [TENANT, {}, { tenantId: 'tnt_a' }, 'PERMISSION_DENIED'],
  [TENANT, { tenantId: ['tnt_a'] }, {}, 'PERMISSION_DENIED'],
  [TENANT, {}, filtered, 'in'],
  [NOTHING, {}, filtered, 'in'],
  // A tenant.
  [TENANT, { tenantId: 'tnt_a' }, {}, 'in'],
  [TENANT, { tenantId: 'tnt_x' }, {}, 'TENANT_NOT_FOUND'],
  [TENANT, { tenantId: 'tnt_x' }, filtered, 'TENANT_NOT_FOUND'],
  [WORKSPACE, { tenantId: 'tnt_b' }, {}, 'TENANT_NOT_FOUND'],
  [WORKSPACE, { tenantId: 'tnt_b' }, at('wks_b', 'tnt_b'), 'TENANT_NOT_FOUND'],
  [NOTHING, { tenantId: 'tnt_a' }, filtered, 'TENANT_NOT_FOUND'],
  [EMPTY, { tenantId: 'tnt_a' }, filtered, 'TENANT_NOT_FOUND'],
  [BOTH, { tenantId: 'tnt_a' }, {}, 'in'],
  // A workspace that is named itself.
  [WORKSPACE, { workspaceId: 'wks_b' }, {}, 'in'],
  [WORKSPACE, { workspaceId: 'wks_x' }, {}, 'WORKSPACE_NOT_FOUND'],
  [WORKSPACE, { workspaceId: 'wks_x' }, filtered, 'WORKSPACE_NOT_FOUND'],
  [BOTH, { workspaceId: 'wks_b' }, {}, 'in'],
  [EMPTY, { workspaceId: 'wks_b' }, filtered, 'WORKSPACE_NOT_FOUND'],
  // A workspace of a tenant: the passport of that workspace knows, its service can find out, nobody else.
  [TENANT, { workspaceId: 'wks_a' }, at('wks_a', 'tnt_a'), 'in'],
  [TENANT, { workspaceId: 'wks_x' }, at('wks_x', 'tnt_x'), 'WORKSPACE_NOT_FOUND'],
  [TENANT, { workspaceId: 'wks_a' }, at('wks_other', 'tnt_a'), 'WORKSPACE_NOT_FOUND'],
  [TENANT, { workspaceId: 'wks_a' }, { tenantId: 'tnt_a' }, 'WORKSPACE_NOT_FOUND'],
  [TENANT, { workspaceId: 'wks_a' }, {}, 'WORKSPACE_NOT_FOUND'],
  [TENANT, { workspaceId: 'wks_a' }, filtered, 'in'],
  [BOTH, { workspaceId: 'wks_a' }, filtered, 'in'],
  // Both are named, and both have to be reached.
  [BOTH, { tenantId: 'tnt_a', workspaceId: 'wks_b' }, {}, 'in'],
  [BOTH, { tenantId: 'tnt_b', workspaceId: 'wks_b' }, {}, 'TENANT_NOT_FOUND'],
  [TENANT, { tenantId: 'tnt_a', workspaceId: 'wks_x' }, {}, 'WORKSPACE_NOT_FOUND'],
])('limited to %o, naming %o, with %o: %s', (reach, input, more, expected) => {
  const answer =
    more === filtered ? answerOf(reach, input, {}, { reach: filtered }) : answerOf(reach, input, more, {});
  expect(answer).toBe(expected);
});

test('what needs no right needs no credential either, limited or not', () => {
  expect(answerOf(TENANT, {}, {}, { permission: 'anonymous' })).toBe('in');
  expect(answerOf(TENANT, {}, {}, { permission: 'signedIn' })).toBe('PERMISSION_DENIED');
});

test('a refusal says what the credential is limited to, and who could do it', () => {
  const meta = { summary: 'x', permission: 'tenants:write' } as const;
  expect(() => authorize(meta, { ...key, reach: BOTH }, {})).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('limited to some of its tenants and workspaces'),
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
      details: expect.objectContaining({
        permission: 'tenants:write',
        reason: 'reach',
        reach: BOTH,
        heldBy: { kind: 'apiKey', role: 'admin:write' },
        whoCanGrant: 'an owner or admin of the organization',
      }),
    }),
  );
});

test('services ask the same of what they have found', () => {
  const limited = { ...key, reach: BOTH };
  expect(isReached(key, { tenantId: 'tnt_x' })).toBe(true);
  expect(isReached(limited, { tenantId: 'tnt_a', workspaceId: 'wks_any' })).toBe(true);
  expect(isReached(limited, { tenantId: 'tnt_b', workspaceId: 'wks_b' })).toBe(true);
  expect(isReached(limited, { tenantId: 'tnt_b' })).toBe(false);
  expect(isReached({ ...key, reach: NOTHING }, {})).toBe(false);
  expect(reachedIds(limited)).toEqual(['tnt_a', 'wks_b']);
  expect(reachedIds({ ...key, reach: NOTHING })).toEqual([]);
  expect(reachedIds(key)).toBeUndefined();
});
