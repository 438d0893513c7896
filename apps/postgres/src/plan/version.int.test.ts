import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRowsBody } from '../request/body/rows-body.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import { LIBRARY } from '../testing/library.ts';
import { libraryTable, NO_PREFERENCES, openLibrary } from '../testing/open-library.ts';
import { planUpdate } from './update.ts';

const WRITERS = 20;
const ROUNDS = 5;

let library: Awaited<ReturnType<typeof openLibrary>>;
const writers: Client[] = [];
beforeAll(async () => {
  library = await openLibrary();
  for (let writer = 0; writer < WRITERS; writer += 1) {
    const client = new Client({ connectionString: library.url });
    await client.connect();
    writers.push(client);
  }
});
afterAll(async () => {
  await Promise.all(writers.map((client) => client.end()));
  await library.close();
});

test('of writers who saw the same version one wins, and the others are told that the row has changed', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { row } = await library.get('genres', 'id=eq.1', { shape: 'one', hasVersion: true });
    const outcomes = await Promise.all(
      writers.map(async (client, writer) => {
        const { statement } = planUpdate({
          schema: LIBRARY,
          table: libraryTable('genres'),
          query: parseRowsUrl('id=eq.1'),
          preferences: NO_PREFERENCES,
          body: parseRowsBody(Buffer.from(JSON.stringify({ name: `${round} by ${writer}` })), 'json'),
          columns: undefined,
          on: undefined,
          ifMatch: [row.version ?? ''],
        });
        const { rows } = await client.query({ text: statement.text, values: [...statement.values] });
        return { affected: Number(rows[0].affected), matched: Number(rows[0].matched) };
      }),
    );
    expect(outcomes.filter(({ affected }) => affected === 1)).toHaveLength(1);
    expect(outcomes.every(({ matched }) => matched === 1)).toBe(true);
  }
});
