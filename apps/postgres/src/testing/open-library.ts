import { createTestDatabase, testSuperuserUrl } from '@plinth/testing';
import { Client } from 'pg';
import type { Plan } from '../plan/plan.ts';
import { planRead, type ReadRequest } from '../plan/read.ts';
import type { Statement } from '../query/statement.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import type { Table } from '../schema-cache/schema.ts';
import { LIBRARY, LIBRARY_DDL, LIBRARY_ROWS } from './library.ts';

// The library in a database of its own, asked as the service would ask it.

export const libraryTable = (name: string): Table => {
  const table = LIBRARY.tables.get(name);
  if (!table) throw new Error(`no table ${name}`);
  return table;
};

export const NO_PREFERENCES: ReadRequest['preferences'] = {
  return: undefined,
  count: undefined,
  resolution: undefined,
  missing: undefined,
  maxAffected: undefined,
  numbers: undefined,
};

export async function openLibrary() {
  const database = await createTestDatabase();
  const url = new URL(testSuperuserUrl());
  url.pathname = new URL(database.url).pathname;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(LIBRARY_DDL);
  await client.query(LIBRARY_ROWS);
  await client.query('set search_path to ws_library');

  /** Runs one statement that answers one row, and says what its columns hold. */
  async function answer(statement: Statement): Promise<Record<string, string | null>> {
    const { rows } = await client.query({
      text: statement.text,
      values: [...statement.values],
      types: { getTypeParser: () => (text: string) => text },
    });
    if (rows.length !== 1) throw new Error(`${rows.length} rows`);
    return rows[0];
  }

  async function run(plan: Plan) {
    const row = await answer(plan.statement);
    if (Object.keys(row).join() !== plan.columns.join())
      throw new Error(`${Object.keys(row)} is not ${plan.columns}`);
    return { row, rows: row.body ? JSON.parse(row.body) : undefined };
  }

  return {
    client,
    url: url.href,
    answer,
    run,
    get: async (table: string, url: string, more: Partial<ReadRequest> = {}) =>
      run(
        planRead({
          schema: LIBRARY,
          table: libraryTable(table),
          query: parseRowsUrl(url),
          preferences: NO_PREFERENCES,
          shape: 'list',
          ...more,
        }),
      ),
    async close() {
      await client.end();
      await database.drop();
    },
  };
}
