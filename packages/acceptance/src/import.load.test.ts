import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setInterval as every } from 'node:timers/promises';
import type { ServiceName } from '@plinth/contracts';
import { type Fleet, startFleet } from '@plinth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

// A million rows through a gateway into a table, by processes that hold none of them for longer than it takes to pass them on.

const ROWS = 1_000_000;
const PIECE = 500;
const MAX_GROWTH_BYTES = 100 * 2 ** 20;

let fleet: Fleet;
let token: string;

async function send(
  path: string,
  body: object | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {},
) {
  const isStream = body instanceof ReadableStream;
  const init = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-version': '2024-01-01',
      'x-correlation-id': randomUUID(),
      'idempotency-key': randomUUID(),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: isStream ? body : JSON.stringify(body),
    duplex: 'half' as const,
  };
  const response = await fetch(`${fleet.url}${path}`, init);
  const text = await response.text();
  expect(response.status, text).toBeLessThan(300);
  return { headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const rowAt = (id: number) => ({
  id,
  customer: id % 1_000,
  total: (id % 10_000) / 100,
  status: id % 2 ? 'open' : 'paid',
  note: `note ${id} `.padEnd(80, 'x'),
  made_at: '2026-01-01T00:00:00Z',
});

function bytesOf(pieceOf: (ids: readonly number[]) => string, head = ''): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next >= ROWS) return controller.close();
      const ids = Array.from({ length: PIECE }, (_, i) => next + i);
      const text = next === 0 ? head + pieceOf(ids) : pieceOf(ids);
      next += PIECE;
      controller.enqueue(Buffer.from(text));
    },
  });
}

const BODIES = {
  'application/x-ndjson': () => bytesOf((ids) => ids.map((id) => `${JSON.stringify(rowAt(id))}\n`).join('')),
  'text/csv': () =>
    bytesOf(
      (ids) => ids.map((id) => `${Object.values(rowAt(id)).join()}\n`).join(''),
      `${Object.keys(rowAt(0)).join()}\n`,
    ),
} as const;

async function residentBytes(service: ServiceName): Promise<number> {
  const [process] = fleet.replicasOf(service);
  const status = await readFile(`/proc/${process?.pid()}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

const PASSED_BY = ['gateway', 'postgres'] as const;

async function watchGrowth(signal: AbortSignal): Promise<number[]> {
  const before = await Promise.all(PASSED_BY.map(residentBytes));
  const most = PASSED_BY.map(() => 0);
  try {
    for await (const _ of every(50, undefined, { signal })) {
      const now = await Promise.all(PASSED_BY.map(residentBytes));
      now.forEach((bytes, i) => {
        most[i] = Math.max(most[i] ?? 0, bytes - (before[i] ?? 0));
      });
    }
  } catch {
    // The import is over.
  }
  return most;
}

beforeAll(async () => {
  fleet = await startFleet({ replicas: { identity: 1, tenancy: 1, postgres: 1, gateway: 1 } });
  const { email, password } = fleet.users.owner;
  const signedIn = await send('/v1/auth/token', { grant_type: 'password', username: email, password });
  token = signedIn.body.access_token;
});
afterAll(() => fleet.stop());

test.each(Object.entries(BODIES))('a million rows of %s go in', { timeout: 600_000 }, async (type, body) => {
  const slug = `import-${randomUUID().slice(0, 8)}`;
  const tenant = await send('/v1/tenants', {
    slug,
    displayName: slug,
    plan: 'pro',
    adminEmail: 'a@example.com',
  });
  const made = { tenantId: tenant.body.id, slug, displayName: slug, capabilities: ['postgres'] };
  const workspace = `/v1/postgres/${(await send('/v1/workspaces', made)).body.id}`;
  await send(`${workspace}/tables`, {
    name: 'invoices',
    columns: [
      { name: 'id', type: 'bigint', primaryKey: true },
      { name: 'customer', type: 'integer', nullable: false },
      { name: 'total', type: 'numeric' },
      { name: 'status', type: 'text' },
      { name: 'note', type: 'text' },
      { name: 'made_at', type: 'timestamptz' },
    ],
  });
  await send(`${workspace}/rows/invoices`, { id: -1, customer: 1 });

  const over = new AbortController();
  const watched = watchGrowth(over.signal);
  const since = performance.now();
  const { headers } = await send(`${workspace}/rows/invoices`, body(), { 'content-type': type });
  const seconds = (performance.now() - since) / 1_000;
  over.abort();
  const growth = await watched;

  expect(headers.get('x-rows-inserted')).toBe(String(ROWS));
  const [gateway = 0, service = 0] = growth.map((bytes) => Math.round(bytes / 2 ** 20));
  console.log(
    `${type}: ${Math.round(ROWS / seconds)} rows/s; grew by ${gateway} MiB (gateway), ${service} MiB (postgres)`,
  );
  expect(Math.max(...growth)).toBeLessThan(MAX_GROWTH_BYTES);
});
