import { randomBytes } from 'node:crypto';
import { withClient } from '@plinth/embedded';
import { testSuperuserUrl } from '@plinth/testing';
import { escapeIdentifier } from 'pg';
import type { ClusterSetting } from '../cluster/setting.ts';

// A database of the test server that stands for a cluster, with an admin as production has it: not a superuser, the owner of the
// database, who may create roles. Everything that workspaces made of the server goes with it.

export interface TestCluster {
  setting: ClusterSetting;
  /** Of a superuser, in the same database. */
  superuserUrl: string;
  drop(): Promise<void>;
}

export interface TestClusterOptions extends Partial<ClusterSetting> {
  /** Its admin is a superuser, as on one machine. */
  isSuperuser?: boolean;
  /** Where the service finds the server, if not where it is. */
  through?: string | undefined;
}

/** The same database, behind another address. */
export function throughUrl(url: string, address: string | undefined): string {
  if (address === undefined) return url;
  const { hostname, port } = new URL(address);
  return Object.assign(new URL(url), { hostname, port }).href;
}

function urlTo(database: string, user?: string, password?: string): string {
  const url = new URL(testSuperuserUrl());
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
}

export async function createTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const { isSuperuser = false, through, ...more } = options;
  const name = `plinth_test_cluster_${randomBytes(6).toString('hex')}`;
  const admin = escapeIdentifier(name);
  const password = randomBytes(18).toString('base64url');
  const superuserUrl = urlTo(name);

  await withClient(testSuperuserUrl(), async (client) => {
    await client.query(
      `create role ${admin} login createrole password '${password}' ${isSuperuser ? 'superuser' : ''}`,
    );
    await client.query(`create database ${admin} owner ${admin}`);
  });

  async function drop(): Promise<void> {
    await withClient(testSuperuserUrl(), async (client) => {
      const { rows } = await client.query<{ schema: string }>(
        `select distinct substring(rolname from '^(ws_[0-9a-z]{26})_') as schema
         from pg_database, aclexplode(datacl) as grants, pg_roles
         where datname = $1 and pg_roles.oid = grants.grantee and rolname ~ '^ws_[0-9a-z]{26}_'`,
        [name],
      );
      await client.query(`drop database ${admin} with (force)`);
      const workspaces = await client.query<{ role: string }>(
        "select rolname as role from pg_roles where substring(rolname from '^(ws_[0-9a-z]{26})_') = any($1)",
        [rows.map(({ schema }) => schema)],
      );
      for (const { role } of workspaces.rows) await client.query(`drop role ${escapeIdentifier(role)}`);
      await client.query(`drop role ${admin}`);
    });
  }

  return {
    setting: {
      name: name.replaceAll('_', '-').slice('plinth-test-'.length),
      adminUrl: throughUrl(urlTo(name, name, password), through),
      poolMode: 'session',
      maxWorkspaces: 2_000,
      sqlCredentials: false,
      ...more,
    },
    superuserUrl,
    drop,
  };
}
