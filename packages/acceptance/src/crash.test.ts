import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fleet, isFullSize, startFleet } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// Processes of a fleet are killed and come back while clients change things through any of its gateways. Each client asks
// with the same key until it is answered; a version that moves on by one for each answer shows that nothing happened twice or never.

const CHAINS = 60;
const CLIENTS = 6;
const KILLS = 20;
const WITHIN_MS = 400_000;

interface Answer {
  status: number;
  replayed: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came; assertions say what it should be.
  body: any;
}

let fleet: Fleet;
let token: string;

const pick = <Item>(all: readonly Item[]): Item => {
  const item = all[Math.floor(Math.random() * all.length)];
  if (item === undefined) throw new Error('there is none to pick');
  return item;
};

async function send(
  method: string,
  path: string,
  { body, key }: { body?: object; key?: string } = {},
): Promise<Answer> {
  const response = await fetch(`${pick(fleet.urls)}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-api-version': '2024-01-01',
      'x-correlation-id': randomUUID(),
      ...(token && { authorization: `Bearer ${token}` }),
      ...(key && { 'idempotency-key': key }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const replayed = response.headers.get('x-idempotency-replayed') === 'true';
  return { status: response.status, replayed, body: await response.json() };
}

const isWorthRetrying = ({ status, body }: Answer): boolean =>
  status === 429 || status >= 502 || body.error?.code === 'IDEMPOTENCY_IN_PROGRESS';

/** What a client does that wants an answer: the same request again, until there is one. */
async function untilAnswered(method: string, path: string, body?: object): Promise<Answer> {
  const key = method === 'GET' ? {} : { key: randomUUID() };
  for (;;) {
    const answer = await send(method, path, { ...key, ...(body && { body }) }).catch(() => undefined);
    if (answer && !isWorthRetrying(answer)) return answer;
    await sleep(50 + Math.random() * 200);
  }
}

let retriesAnswered = 0;

async function change(method: string, path: string, body?: object): Promise<Answer['body']> {
  const answer = await untilAnswered(method, path, body);
  if (answer.replayed) retriesAnswered += 1;
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

/** Every mutating route of tenants and workspaces, each step once. */
async function chain(i: number): Promise<void> {
  const name = `crash-${i}-${randomUUID().slice(0, 8)}`;
  const tenant = await change('POST', '/v1/tenants', {
    slug: name,
    displayName: name,
    plan: 'pro',
    adminEmail: 'a@example.com',
  });
  const url = `/v1/tenants/${tenant.id}`;
  const workspace = await change('POST', '/v1/workspaces', {
    tenantId: tenant.id,
    slug: 'one',
    displayName: name,
    capabilities: ['postgres'],
  });
  const workspaceUrl = `/v1/workspaces/${workspace.id}`;
  const steps: [method: string, path: string, body?: object][] = [
    ['PATCH', workspaceUrl, { displayName: `${name} 2` }],
    ['DELETE', workspaceUrl],
    ['POST', `${workspaceUrl}/undelete`],
    ['PATCH', url, { displayName: `${name} 2` }],
    ['DELETE', url],
    ['POST', `${url}/undelete`],
  ];
  for (const [at, step] of steps.entries()) {
    const { etag } = await change(...step);
    expect(etag, step.join(' ')).toBe(`"${(at % 3) + 2}"`);
  }
  expect((await untilAnswered('GET', url)).body).toMatchObject({ etag: '"4"', displayName: `${name} 2` });
  expect((await untilAnswered('GET', workspaceUrl)).body).toMatchObject({ etag: '"4"' });
}

describe.runIf(isFullSize)('a fleet whose processes are killed', () => {
  beforeAll(async () => {
    fleet = await startFleet();
    const { email, password } = fleet.users.owner;
    const body = { grant_type: 'password', username: email, password };
    token = (await send('POST', '/v1/auth/token', { body })).body.access_token;
  });
  afterAll(() => fleet?.stop());

  test(
    'does everything once that it was asked for, and answers everything that it did',
    async () => {
      const queue = Array.from({ length: CHAINS }, (_, i) => i);
      let isOver = false;
      let kills = 0;
      async function killing(): Promise<void> {
        while (!isOver || kills < KILLS) {
          await sleep(Math.random() * 1_500);
          await pick(kills % 2 ? fleet.processes : fleet.replicasOf('tenancy')).restart('SIGKILL');
          kills += 1;
        }
      }
      async function client(): Promise<void> {
        for (let i = queue.shift(); i !== undefined; i = queue.shift()) await chain(i);
      }
      const killer = killing();
      try {
        await Promise.all(Array.from({ length: CLIENTS }, client));
      } finally {
        isOver = true;
        await killer;
      }
      expect(kills).toBeGreaterThanOrEqual(KILLS);
      console.info(
        `${CHAINS * 8} changes, ${kills} kills, ${retriesAnswered} retries answered from the record`,
      );
    },
    WITHIN_MS,
  );
});
