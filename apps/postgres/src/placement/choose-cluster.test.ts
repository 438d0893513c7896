import type { Database } from '@plinth/database';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../cluster/clusters.ts';
import { chooseCluster } from './choose-cluster.ts';

const owner = { workspaceId: 'wks_1', tenantId: 'tnt_1', organizationId: 'org_1' };
const admin: Database = {
  query: () => Promise.reject(new Error('asked')),
  transaction: () => Promise.reject(new Error('asked')),
  ping: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

const cluster = (name: string, dedicatedTo?: string, maxWorkspaces = 10): Cluster => ({
  name,
  database: name,
  mode: dedicatedTo === undefined ? 'shared' : 'dedicated',
  setting: {
    name,
    adminUrl: `postgres://admin@${name}/workspaces`,
    poolMode: 'session',
    sqlCredentials: false,
    maxWorkspaces,
    dedicatedTo,
  },
  admin,
  prepared: () => Promise.resolve(),
  hardening: () => Promise.reject(new Error('asked')),
  tellsChanges: () => true,
  describe: () => name,
});

const choose = (clusters: readonly Cluster[], counts: Record<string, number> = {}) =>
  chooseCluster(clusters, owner, new Map(Object.entries(counts))).name;

describe('a workspace is placed', () => {
  const shared = [cluster('a'), cluster('b')];

  test('where the fewest are', () => {
    expect(choose(shared, { a: 3, b: 2 })).toBe('b');
    expect(choose(shared, { a: 3 })).toBe('b');
  });

  test('where there is room', () => {
    expect(choose([cluster('a', undefined, 2), cluster('b')], { a: 2, b: 9 })).toBe('b');
    expect(() => choose(shared, { a: 10, b: 10 })).toThrow(
      expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }),
    );
  });

  test('on what is kept for it, for its tenant or its organization, in this order', () => {
    const [own, tenants, organizations] = [
      cluster('own', 'wks_1'),
      cluster('tenants', 'tnt_1'),
      cluster('organizations', 'org_1'),
    ];
    expect(choose([...shared, organizations, tenants, own])).toBe('own');
    expect(choose([...shared, organizations, tenants])).toBe('tenants');
    expect(choose([...shared, organizations])).toBe('organizations');
  });

  test('never among others, where it has one of its own', () => {
    const full = cluster('tenants', 'tnt_1', 1);
    expect(() => choose([...shared, full], { tenants: 1 })).toThrow('backing service');
  });

  test('never on what is kept for another', () => {
    expect(choose([cluster('theirs', 'wks_2'), cluster('a')], { a: 5 })).toBe('a');
    expect(() => choose([cluster('theirs', 'org_2')])).toThrow('backing service');
  });
});
