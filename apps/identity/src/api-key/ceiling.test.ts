import { AppError } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { beyond, checkCeiling, reachOf, type Strength } from './ceiling.ts';

const ALL: Strength = {
  permissions: ['tenants:read', 'rows:read'],
  reach: null,
  expiresAt: null,
  allowedCidrs: null,
};
const NARROW: Strength = {
  permissions: ['tenants:read'],
  reach: { tenantIds: ['tnt_1', 'tnt_2'], workspaceIds: ['wks_1'] },
  expiresAt: '2026-06-01T00:00:00Z',
  allowedCidrs: ['192.0.2.0/24'],
};

test.each<[string, Partial<Strength>, Partial<Strength>, object]>([
  ['the same', {}, {}, {}],
  ['less of all', NARROW, ALL, {}],
  ['another permission', { permissions: ['rows:write', 'rows:read'] }, {}, { permissions: ['rows:write'] }],
  ['all places, of some', {}, { reach: NARROW.reach }, { reach: 'all' }],
  ['one of its tenants', { reach: { tenantIds: ['tnt_2'] } }, { reach: NARROW.reach }, {}],
  [
    'places of others',
    { reach: { tenantIds: ['tnt_1', 'tnt_3'], workspaceIds: ['wks_2'] } },
    { reach: NARROW.reach },
    { tenantIds: ['tnt_3'], workspaceIds: ['wks_2'] },
  ],
  ['no end, of one', {}, { expiresAt: NARROW.expiresAt }, { expiresAt: NARROW.expiresAt }],
  [
    'a later end, written in another zone',
    { expiresAt: '2026-05-31T23:00:00-02:00' },
    { expiresAt: NARROW.expiresAt },
    { expiresAt: NARROW.expiresAt },
  ],
  ['the same end', { expiresAt: '2026-06-01T00:00:00.000000Z' }, { expiresAt: NARROW.expiresAt }, {}],
  ['any network, of one', {}, { allowedCidrs: NARROW.allowedCidrs }, { allowedCidrs: ['0.0.0.0/0', '::/0'] }],
  ['a part of its network', { allowedCidrs: ['192.0.2.7'] }, { allowedCidrs: NARROW.allowedCidrs }, {}],
])('%s', (_, wanted, held, excess) => {
  expect(beyond({ ...ALL, ...wanted }, { ...ALL, ...held })).toEqual(excess);
});

test('a refusal says what is beyond', () => {
  const refuse = () => checkCeiling(ALL, { ...ALL, permissions: ['rows:read'] });
  expect(refuse).toThrow(AppError);
  expect(refuse).toThrow(
    expect.objectContaining({
      code: 'PERMISSION_CEILING',
      details: {
        beyond: { permissions: ['tenants:read'] },
        held: ['rows:read'],
        whoCanGrant: 'an owner or admin of the organization',
        advice: expect.any(String),
      },
    }),
  );
});

test('a credential that is narrowed to a place reaches no further', () => {
  const caller = {
    kind: 'member',
    id: 'usr_1',
    permissions: [],
    capabilities: [],
    suspended: false,
  } as const;
  const of = (more: object) => reachOf({ ...caller, permissions: [], capabilities: [], ...more });
  expect(of({})).toBeNull();
  expect(of({ tenantId: 'tnt_1' })).toEqual({ tenantIds: ['tnt_1'] });
  expect(of({ tenantId: 'tnt_1', workspaceId: 'wks_1' })).toEqual({ workspaceIds: ['wks_1'] });
  expect(of({ tenantId: 'tnt_1', reach: NARROW.reach })).toEqual(NARROW.reach);
});
