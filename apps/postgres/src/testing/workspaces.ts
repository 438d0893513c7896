import { randomBytes } from 'node:crypto';
import { newUlid } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import { createTestDatabase, testSuperuserUrl } from '@plinth/testing';
import pg from 'pg';
import { type Login, loginName, type Place, roleName } from '../placement/place.ts';

// A database with workspaces in it, made by hand, for tests of what only needs a schema and its roles.

const STANDINGS = ['member', 'key', 'user'] as const;
const LOGINS = ['api', 'owner'] as const;

const quoted = pg.escapeIdentifier;

export interface TestWorkspaces {
  /** The cluster, as a superuser of this database. */
  url: string;
  passwordOf(place: Place, login: Login): string;
  /** A workspace; its statements run as a superuser, with its schema as the search path. */
  add(statements?: readonly string[]): Promise<Place>;
  /** As a superuser of this database. */
  query(text: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export async function createTestWorkspaces(): Promise<TestWorkspaces> {
  const made = await createTestDatabase();
  const url = new URL(testSuperuserUrl());
  url.pathname = new URL(made.url).pathname;
  const database = url.pathname.slice(1);
  const places: Place[] = [];
  const secret = randomBytes(9).toString('hex');
  await withClient(url.href, (client) =>
    client.query(`grant connect on database ${quoted(database)} to public`),
  );

  const passwordOf = (place: Place, login: Login): string => `${secret} ${loginName(place, login)}`;

  async function query(text: string): Promise<Record<string, unknown>[]> {
    return withClient(url.href, async (client) => (await client.query<Record<string, unknown>>(text)).rows);
  }

  async function add(statements: readonly string[] = []): Promise<Place> {
    const ulid = newUlid();
    const schema = `ws_${ulid.toLowerCase()}`;
    const place: Place = {
      workspaceId: `wks_${ulid}`,
      tenantId: `tnt_${ulid}`,
      organizationId: `org_${ulid}`,
      cluster: 'test',
      database,
      mode: 'shared',
      schema,
      passwordVersion: 1,
    };
    const roles = STANDINGS.map((standing) => quoted(roleName(place, standing)));
    const granted = roles.join(', ');
    await withClient(url.href, async (client) => {
      for (const login of LOGINS) {
        const password = pg.escapeLiteral(passwordOf(place, login));
        await client.query(
          `create role ${quoted(loginName(place, login))} login noinherit password ${password}`,
        );
      }
      for (const role of roles) await client.query(`create role ${role} nologin`);
      const owner = quoted(loginName(place, 'owner'));
      await client.query(`create schema ${quoted(schema)} authorization ${owner}`);
      await client.query(`grant ${granted} to ${quoted(loginName(place, 'api'))}`);
      await client.query(`grant usage on schema ${quoted(schema)} to ${granted}`);
      await client.query(`alter default privileges in schema ${quoted(schema)}
        grant select, insert, update, delete on tables to ${quoted(roleName(place, 'member'))}`);
      await client.query(`set search_path = ${quoted(schema)}`);
      for (const statement of statements) await client.query(statement);
    });
    places.push(place);
    return place;
  }

  async function drop(): Promise<void> {
    await made.drop();
    await withClient(testSuperuserUrl(), async (client) => {
      for (const place of places) {
        const names = [
          ...LOGINS.map((login) => loginName(place, login)),
          ...STANDINGS.map((standing) => roleName(place, standing)),
        ];
        await client.query(`drop role if exists ${names.map(quoted).join(', ')}`);
      }
    });
  }

  return { url: url.href, passwordOf, add, query, drop };
}
