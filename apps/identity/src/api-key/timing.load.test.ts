import { randomBytes } from 'node:crypto';
import { newApiKeyParts, readApiKey, writeApiKey } from '@plinth/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiKeys, createApiKeys } from '../testing/api-keys.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';

// How long it takes to refuse a key tells nothing of why it is refused: not whether there is such a key, nor whether it was
// one once, nor how much of its secret is right.

let identity: Identity;
let keys: ApiKeys;
beforeAll(async () => {
  identity = await startIdentity();
  keys = createApiKeys(identity);
});
afterAll(() => identity.close());

const ROUNDS = 400;
/** Less than one more look at the database takes. */
const SPREAD = 0.2;
/** What tells them apart does so each time; what else this machine has to do, now and then. */
const TRIES = 5;

const parts = () => newApiKeyParts(randomBytes);

async function badKeys(): Promise<Map<string, string>> {
  const owner = keys.member();
  const { key } = await keys.create(owner);
  const known = readApiKey(key);
  if (!known) throw new Error('a key that was made is a key');
  const { id, key: deleted } = await keys.create(owner);
  await identity.send(owner, { method: 'DELETE', url: `/v1/api-keys/${id}` });
  const nearly = `${known.secret.slice(0, -1)}${known.secret.endsWith('A') ? 'B' : 'A'}`;
  return new Map([
    ['unknown', writeApiKey({ ...known, ...parts() })],
    ['deleted', deleted],
    ['with the wrong secret', writeApiKey({ ...known, secret: parts().secret })],
    ['with all but a letter of the secret', writeApiKey({ ...known, secret: nearly })],
  ]);
}

/** A quarter took less: what disturbs a busy machine makes things slower, never faster. */
const quartile = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 2] ?? 0;

/** How much longer the slowest kind takes to be refused than the quickest, as a share. */
async function spreadOf(bad: ReadonlyMap<string, string>): Promise<number> {
  const asked = [...bad].map(([name, key]) => ({ name, key, times: [] as number[] }));
  // In turns, each as often before another as after it: whatever else this machine does falls on all alike.
  for (let round = 0; round < ROUNDS; round++) {
    const turn = round % asked.length;
    for (const { key, times } of [...asked.slice(turn), ...asked.slice(0, turn)]) {
      const began = performance.now();
      const { status } = await keys.ask(key);
      times.push(performance.now() - began);
      expect(status).toBe(401);
    }
  }
  const quartiles = asked.map(({ name, times }) => [name, quartile(times)] as const);
  console.info('refused after ms:', Object.fromEntries(quartiles));
  const all = quartiles.map(([, ms]) => ms);
  return Math.max(...all) / Math.min(...all) - 1;
}

test('a key that is unknown, deleted, or has the wrong secret is refused in the same time', async () => {
  const bad = await badKeys();
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && least > SPREAD; tries++) least = Math.min(least, await spreadOf(bad));
  expect(least).toBeLessThan(SPREAD);
}, 600_000);
