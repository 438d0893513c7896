import { readFile } from 'node:fs/promises';
import { AppError, HEADERS } from '@plinth/contracts';
import { createDatabase, type Database, KIT_MIGRATIONS, migrate } from '@plinth/database';
import { createTestDatabase, type TestDatabase } from '@plinth/testing';
import { TRPCError } from '@trpc/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Fixture, owner, startFixture } from './testing/fixture-service.ts';

// Faults of every kind in the midst of a procedure, each with something in it that is nobody's business: the caller is
// told that there was a fault, under which code and id, in the form of its dialect, and no more than that.

const CANARY = 'canary-7f3a';
/** What the inside of a service looks like from outside. */
const INSIDE =
  /canary|\.[cm]?ts\b|node_modules|\bat \S+ \(|\/(?:tmp|home|root|srv|etc)\/|127\.0\.0\.1|localhost|postgres(?:ql)?:|select |insert |violates|\brelation|syntax error|ECONN|ENOENT|zod|undici|eyJ/i;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let fixture: Fixture;
let testDatabase: TestDatabase;
let database: Database;
let unreachable: Database;

beforeAll(async () => {
  fixture = await startFixture();
  testDatabase = await createTestDatabase({
    template: 'kit',
    migrate: (url) => migrate({ url, directories: [KIT_MIGRATIONS], log: silent }),
  });
  const databaseAt = (url: string) => createDatabase({ url, applicationName: CANARY, log: silent });
  database = databaseAt(testDatabase.url);
  unreachable = databaseAt(`postgresql://${CANARY}:${CANARY}@127.0.0.1:1/${CANARY}`);
  await database.query(
    `create table ${TABLE} (email text not null unique, age int check (age > 0), owner uuid)`,
    [],
  );
  await database.query(`insert into ${TABLE} values ('${CANARY}', 1)`, []);
});
afterAll(async () => {
  await database.close();
  await unreachable.close();
  await testDatabase.drop();
  await fixture.close();
});
beforeEach(() => fixture.reset());

const TABLE = 'canary_people';
const sql = (text: string) => () => database.query(text, []);
const throws = (thrown: unknown) => () => {
  throw thrown;
};
const coded = (code: string, more: object = {}) =>
  throws(Object.assign(new Error(`${CANARY} at /srv/secret.ts`), { code, ...more }));

const endless = (): number => endless() + 1;

type Fault = [name: string, act: () => unknown];

const THROWN: readonly Fault[] = [
  ['an error', throws(new Error(CANARY))],
  ['an error with causes', throws(new Error('a', { cause: new Error('b', { cause: CANARY }) }))],
  ['several errors', throws(new AggregateError([new Error(CANARY), new Error('b')], CANARY))],
  ['an error that holds a token', throws(new Error(`Bearer eyJhbGciOiJub25lIn0.${CANARY}.x`))],
  ['an error of a megabyte', throws(new Error(CANARY.repeat(100_000)))],
  ['an error with a status', throws(Object.assign(new Error(CANARY), { statusCode: 418, expose: true }))],
  ['an error with headers', throws(Object.assign(new Error(CANARY), { headers: { 'x-secret': CANARY } }))],
  [
    'an error that cannot be read',
    throws(Object.defineProperty(new Error(), 'message', { get: throws(CANARY) })),
  ],
  [
    'an error that names itself one of ours',
    throws(
      Object.assign(new Error(CANARY), { name: 'AppError', code: 'NOT_FOUND', details: { secret: CANARY } }),
    ),
  ],
  ['a text', throws(CANARY)],
  ['an object', throws({ message: CANARY, password: CANARY })],
  ['nothing', throws(undefined)],
  ['null', throws(null)],
  ['a symbol', throws(Symbol(CANARY))],
  ['a function', throws(() => CANARY)],
  ['a rejection', () => Promise.reject(new Error(CANARY))],
  ['a bug', () => JSON.parse('{}').canary.field],
  ['a stack that overflows', endless],
  ['text that is no JSON', () => JSON.parse(`{${CANARY}`)],
  [
    'a deadline that passed',
    () => AbortSignal.abort(new DOMException(CANARY, 'TimeoutError')).throwIfAborted(),
  ],
  ['a schema of the inside', () => z.object({ canary: z.string() }).parse({ canary: 1 })],
  ['a fault of the framework', coded('FST_ERR_CTP_INVALID_JSON_BODY')],
  ['an unknown fault of the framework', coded('FST_ERR_SOMETHING_NEW', { statusCode: 404 })],
  ['a fault of tRPC', throws(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: CANARY }))],
  ['a refusal of tRPC', throws(new TRPCError({ code: 'FORBIDDEN', message: CANARY }))],
  [
    'bad input, says tRPC',
    throws(new TRPCError({ code: 'BAD_REQUEST', message: CANARY, cause: new Error(CANARY) })),
  ],
  ['an error of ours with a cause', throws(new AppError('INTERNAL_ERROR', { cause: new Error(CANARY) }))],
  [
    'a 503 of ours with a cause',
    throws(new AppError('SERVICE_UNAVAILABLE', { cause: { url: `http://${CANARY}:5432` } })),
  ],
];

const BACKING: readonly Fault[] = [
  ['a file that is not there', () => readFile(`/etc/${CANARY}`)],
  ['a host that is not there', () => fetch(`http://127.0.0.1:1/${CANARY}`)],
  ['a URL that is none', () => fetch(`http://${CANARY}:99999/`)],
  ['a connection refused', coded('ECONNREFUSED', { address: '127.0.0.1', port: 5432 })],
  ['a name that does not resolve', coded('ENOTFOUND', { hostname: CANARY })],
  ['a certificate', coded('CERT_HAS_EXPIRED', { host: CANARY })],
  ['a database that is away', () => unreachable.query('select 1', [])],
  ['a row twice', sql(`insert into ${TABLE} values ('${CANARY}', 1)`)],
  ['a row without its value', sql(`insert into ${TABLE} values (null, 41)`)],
  ['a row that fails a check', sql(`insert into ${TABLE} values ('${CANARY}-2', -1)`)],
  ['a value of another type', sql(`insert into ${TABLE} values ('a', 1, '${CANARY}')`)],
  ['a syntax error', sql(`select '${CANARY}' frm ${TABLE}`)],
  ['a table that is not there', sql(`select * from ${TABLE}_absent`)],
  ['a column that is not there', sql(`select canary_column from ${TABLE}`)],
  ['a division by zero', sql(`select 1 / 0 as canary`)],
  ['a number too large', sql(`select '${CANARY}'::int`)],
  [
    'a fault raised in SQL',
    sql(`do $$ begin raise exception '${CANARY}' using detail = '${CANARY}'; end $$`),
  ],
  ['a statement cancelled', sql(`do $$ begin raise exception '${CANARY}' using errcode = '57014'; end $$`)],
];

const FAULTS = [...THROWN, ...BACKING];

const json = { 'content-type': 'application/json' };
const create = { method: 'POST', headers: json, body: '{"displayName":"x","display_name":"x"}' } as const;
const SURFACES = {
  platform: { path: '/v1/things', method: 'GET' },
  organization: { path: `/api/v1/organizations/${owner.organizationId}/things`, method: 'GET' },
  deployments: { ...create, path: '/api/v1/deployments/things', body: '{"display_name":"x"}' },
  typed: { path: '/trpc/tenancy/thing.list?input=%7B%7D', method: 'GET' },
  batch: {
    path: '/trpc/tenancy/thing.list,thing.list?batch=1&input=%7B%220%22%3A%7B%7D%2C%221%22%3A%7B%7D%7D',
    method: 'GET',
  },
} as const;

/** The code and id of an error, wherever its dialect keeps them. */
function toldBy(surface: keyof typeof SURFACES, body: unknown, header: unknown): [unknown, unknown] {
  const of = (value: unknown, ...path: string[]): unknown =>
    path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
  switch (surface) {
    case 'platform':
      return [of(body, 'error', 'code'), of(body, 'error', 'correlationId')];
    case 'organization':
      return [
        of(body, 'error', 'details', 'code') ?? of(body, 'error', 'code'),
        of(body, 'meta', 'request_id'),
      ];
    case 'deployments':
      // One sentence is all that its reference has room for.
      return [of(body, 'error'), header];
    case 'typed':
      return [of(body, 'error', 'data', 'code'), of(body, 'error', 'data', 'correlationId')];
    case 'batch':
      return [of(body, '0', 'error', 'data', 'code'), of(body, '1', 'error', 'data', 'correlationId')];
  }
}

describe.each(FAULTS)('%s', (_, act) => {
  test('is told as a fault, and no more', async () => {
    fixture.services.act = async () => act();
    for (const surface of Object.keys(SURFACES) as (keyof typeof SURFACES)[]) {
      const { path, ...request } = SURFACES[surface];
      const headers = {
        ...('headers' in request ? request.headers : {}),
        [HEADERS.correlationId]: 'corr-fault',
      };
      const answer = await fixture.send(path, { ...request, headers });
      expect(answer.status, surface).toBeGreaterThanOrEqual(400);
      expect(answer.text + JSON.stringify(answer.headers), surface).not.toMatch(INSIDE);
      expect(answer.text.length).toBeLessThan(1_000);
      const [code, id] = toldBy(surface, answer.body, answer.headers[HEADERS.correlationId]);
      expect(code, surface).toMatch(surface === 'deployments' ? /^\w.+/ : /^[A-Z_]+$/);
      expect(id, surface).toBe('corr-fault');
    }
    const told = fixture.lines.filter(({ level }) => Number(level) <= 30);
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.stringify(told)).not.toMatch(INSIDE);
  });
});

test('there are as many as were asked for', () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(40);
});
