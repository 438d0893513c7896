import { withClient } from '@plinth/embedded';
import { z } from 'zod';
import { type OneOfEach, post, type Workspace } from './one-of-each.ts';

// The table that the rows of all scenarios are in: a column of each common type, and rows of some 300 bytes as JSON.

export const TABLE = 'bench';

const COLUMNS = [
  { name: 'id', type: 'bigint', primaryKey: true, identity: 'byDefault' },
  { name: 'title', type: 'text', nullable: false },
  { name: 'body', type: 'text' },
  { name: 'price', type: 'numeric' },
  { name: 'quantity', type: 'integer' },
  { name: 'is_open', type: 'boolean' },
  { name: 'tags', type: 'text[]' },
  { name: 'data', type: 'jsonb' },
  { name: 'created_at', type: 'timestamptz', nullable: false },
];

const created = z.object({ name: z.string() });

export const schemaOf = ({ workspaceId }: Workspace): string =>
  `ws_${workspaceId.slice('wks_'.length).toLowerCase()}`;

/** The values of row `n`. */
const valuesOf = `n, 'Title ' || n, repeat('body ', 10), n / 100.0, n % 100, n % 2 = 0,
  array['tag' || n % 10, 'other'], jsonb_build_object('n', n, 'kind', n % 7), now() - n * interval '1 second'`;

export async function makeTable(
  { fleet, dataUrl, signInOwner }: OneOfEach,
  workspace: Workspace,
  rows: number,
): Promise<string> {
  const path = `/v1/postgres/${workspace.workspaceId}/tables`;
  await post(fleet, path, created, { name: TABLE, columns: COLUMNS }, await signInOwner());
  const table = `${schemaOf(workspace)}.${TABLE}`;
  await withClient(dataUrl, async (client) => {
    await client.query(`insert into ${table} select ${valuesOf} from generate_series(1, ${rows}) n`);
    await client.query(`select setval(pg_get_serial_sequence($1, 'id'), $2 + 1)`, [table, rows]);
    await client.query(`vacuum analyze ${table}`);
  });
  return table;
}
