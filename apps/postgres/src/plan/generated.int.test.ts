import { AppError } from '@plinth/contracts';
import { isFullSize } from '@plinth/testing';
import { DatabaseError } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Statement } from '../query/statement.ts';
import { createMonkey, randomFrom } from '../testing/generated-requests.ts';
import { openLibrary } from '../testing/open-library.ts';

const REQUESTS = isFullSize ? 20_000 : 1_000;

let library: Awaited<ReturnType<typeof openLibrary>>;
beforeAll(async () => {
  library = await openLibrary();
});
afterAll(() => library.close());

/** The casts and aggregates that a type does not have are Postgres' to refuse. */
const REFUSALS = new Set(['42846', '42883']);

function plansOf(seed: number): Statement[] {
  try {
    return createMonkey(randomFrom(seed), randomFrom(seed)).plan();
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

test('what is planned is SQL that Postgres takes', { timeout: 240_000 }, async () => {
  let taken = 0;
  const refused: string[] = [];
  for (let seed = 0; seed < REQUESTS; seed += 1) {
    for (const { text } of plansOf(seed)) {
      // A statement that explains another is not prepared by name.
      const inner = text.replace(/^explain \(format json\) /, '');
      try {
        await library.client.query(`prepare planned as ${inner}`);
        await library.client.query('deallocate planned');
        taken += 1;
      } catch (error) {
        if (!(error instanceof DatabaseError) || !REFUSALS.has(error.code ?? ''))
          throw new Error(text, { cause: error });
        refused.push(error.message);
      }
    }
  }
  for (const message of refused) {
    expect(message).toMatch(/^cannot cast type|^function pg_catalog\.(min|max)\(/);
  }
  expect(taken).toBeGreaterThan(REQUESTS / 2);
  expect(refused.length).toBeLessThan(taken / 20);
});
