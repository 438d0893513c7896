import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@plinth/testing';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadTransactions } from './pgbench.ts';

const program = '/usr/lib/postgresql/15/bin/pgbench';

test.skipIf(!existsSync(program))(
  'tells how many transactions there were, and how long they took',
  async () => {
    const database = await createTestDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'plinth-pgbench-'));
    const run = (script: string) =>
      loadTransactions(
        { program, databaseUrl: database.url, script },
        { prefix: [], seconds: 1, folder, signal: AbortSignal.timeout(20_000) },
      );
    const result = await run('\\startpipeline\nselect 1;\nselect 2;\n\\endpipeline\n');
    expect(result.requests).toBeGreaterThan(0);
    expect(result.requestsPerSecond).toBeGreaterThan(0);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
    await expect(run('select 1/0;\n')).rejects.toThrow();
    await rm(folder, { recursive: true });
    await database.drop();
  },
);
