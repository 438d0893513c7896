import type { OutsideEffect } from '../claimed-mutate.ts';
import { createDatabase, type Database, type Queryable } from '../database.ts';
import { silentLog } from '../test-log.ts';
import { makeThing } from './calls.ts';

// Another system, as far as a service can tell: a table that it reaches over connections of their own, in no transaction
// of its. What is made there twice under one id is there once.

export async function startOutside(url: string): Promise<Database> {
  const outside = createDatabase({ url, log: silentLog, queueTimeoutMs: 5_000 });
  await outside.query(
    'CREATE TABLE IF NOT EXISTS outside (id text PRIMARY KEY, name text, made_at timestamptz DEFAULT now())',
  );
  return outside;
}

export function outsideThing(outside: Queryable, name: string) {
  return {
    async act({ id }) {
      await outside.query('INSERT INTO outside (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING', [
        id,
        name,
      ]);
      return id;
    },
    complete: (tx) => makeThing(tx, name),
  } satisfies OutsideEffect<unknown, string>;
}
