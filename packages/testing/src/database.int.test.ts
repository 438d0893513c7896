import { Client } from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from './index.ts';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('suites share a template that is migrated once, and nothing else', async () => {
  let migrations = 0;
  const migrate = async (url: string) => {
    migrations += 1;
    await query(url, 'CREATE TABLE note (body text)');
  };
  const options = { template: 'testing_notes', migrate };
  const [one, other] = await Promise.all([createTestDatabase(options), createTestDatabase(options)]);
  expect(migrations).toBe(1);

  await query(one.url, "INSERT INTO note VALUES ('mine')");
  expect(await query(one.url, 'TABLE note')).toEqual([{ body: 'mine' }]);
  expect(await query(other.url, 'TABLE note')).toEqual([]);
  await Promise.all([one.drop(), other.drop()]);
  await expect(query(one.url, 'TABLE note')).rejects.toThrow('does not exist');
});

test('the owner is an ordinary login', async () => {
  const database = await createTestDatabase();
  const [role] = await query(
    database.url,
    'SELECT rolsuper, rolcreatedb, rolcreaterole, rolname = current_schema() AS own_schema FROM pg_roles WHERE rolname = current_user',
  );
  expect(role).toEqual({ rolsuper: false, rolcreatedb: false, rolcreaterole: false, own_schema: true });
  await query(database.url, 'CREATE TABLE mine ()');
  await expect(query(database.url, 'CREATE TABLE public.mine ()')).rejects.toThrow('permission denied');
  await database.drop();
});
