import { once } from 'node:events';
import { createServer } from 'node:net';
import { NEWEST_REVOCATION, newId, REVOCATION_STREAM, type RevocationSubject } from '@plinth/contracts';
import { elapsed } from '@plinth/testing';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';

let identity: Identity | undefined;
afterEach(async () => {
  await identity?.close();
  identity = undefined;
});

async function push(subject: RevocationSubject) {
  const revocation = { id: newId('event'), subjects: [subject], revokedAt: new Date().toISOString() };
  const answer = await identity?.internal('revocation.push', { revocations: [revocation] }, 'tenancy');
  return { status: answer?.status, body: answer?.body };
}

test('a Redis that is away, or takes and never answers, holds no revocation up', async () => {
  const silent = createServer();
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const address = silent.address();
  const silentPort = address !== null && typeof address !== 'string' ? address.port : 0;
  for (const port of [1, silentPort]) {
    identity = await startIdentity({ REDIS_URL: `redis://127.0.0.1:${port}` });
    const pushed = push('tenant:tnt_1');
    expect(await elapsed(() => pushed)).toBeLessThan(5_000);
    expect((await pushed).status).toBe(200);
    await identity.close();
    identity = undefined;
  }
  silent.close();
});

// biome-ignore lint/style/noProcessEnv: the test run says here whether it has a Redis.
const redisUrl = process.env.PLINTH_TEST_REDIS_URL;

describe.runIf(redisUrl)('with Redis', () => {
  // A database of its own: the stream has one name for all.
  const url = `${redisUrl}/10`;

  test('the stream is there from the start, and has a revocation before it is answered', async () => {
    const client = new Redis(url);
    await client.del(REVOCATION_STREAM);
    identity = await startIdentity({ REDIS_URL: url });
    await expect.poll(() => client.xlen(REVOCATION_STREAM)).toBe(1);
    const { body } = await push('tenant:tnt_1');
    const [[id, fields] = []] = await client.xrevrange(REVOCATION_STREAM, '+', '-', 'COUNT', 1);
    expect(fields).toEqual(['subject', 'tenant:tnt_1', 'sequence', String(body.result.data.sequence)]);
    expect(await client.get(NEWEST_REVOCATION)).toBe(id);
    client.disconnect();
  });
});
