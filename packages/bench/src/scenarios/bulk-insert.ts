import { randomUUID } from 'node:crypto';
import { HEADERS } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import type { Scenario, Stage, Subject } from '../scenario.ts';
import { atEach, type DataApi, openDataApi } from './data-api.ts';
import { inOneSync, pgbenchSubjects } from './transactions.ts';

// A thousand rows in one request, beside pgbench, which sends the same JSON to the same statement. The table is empty before each turn.

const ROWS = 1_000;
const CONNECTIONS = 8;

const row = (n: number) => ({
  title: `Title ${n}`,
  body: 'body '.repeat(10),
  price: n / 100,
  quantity: n % 100,
  is_open: n % 2 === 0,
  tags: [`tag${n % 10}`, 'other'],
  data: { n, kind: n % 7 },
  created_at: new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString(),
});

const BODY = JSON.stringify(Array.from({ length: ROWS }, (_, n) => row(n + 1)));

const NAMES = Object.keys(row(0)).join(', ');
const TYPES =
  'title text, body text, price numeric, quantity integer, is_open boolean, tags text[], data jsonb, created_at timestamptz';

const insertInto = (table: string): string =>
  `insert into ${table} (${NAMES}) select ${NAMES} from json_to_recordset(:body::json) as b(${TYPES});`;

/** Each client of pgbench reads the body once, and then sends it with every statement as a parameter. */
const loadBody = (table: string): string =>
  `\\if :is_loaded = 0\nselect body from ${table} \\gset\n\\set is_loaded 1\n\\endif\n`;

async function open(stage: Stage): Promise<Subject[]> {
  const api = await openDataApi(stage, 0, true);
  const empty = () => withClient(api.dataUrl, (client) => client.query(`truncate ${api.table}`));
  await withClient(api.dataUrl, async (client) => {
    await client.query('create table public.bench_body as select $1::text as body', [BODY]);
  });
  return [...(await byPgbench(stage, api, empty)), ...byRequest(api, empty)];
}

function byPgbench(stage: Stage, api: DataApi, empty: () => Promise<unknown>): Promise<Subject[]> {
  const statement = insertInto(api.table);
  const script = inOneSync(api.schema, {
    isReadOnly: false,
    choose: loadBody('public.bench_body'),
    statement,
  });
  return pgbenchSubjects(
    stage,
    api,
    { 'pgbench, one Sync': script },
    { prepare: empty, variables: { is_loaded: '0' } },
  );
}

/** A change that is asked for through the gateway has a key, by which it is done once; the service alone does without as well. */
function byRequest({ doors }: DataApi, empty: () => Promise<unknown>): Subject[] {
  const subjects = (named: string, hasKey: boolean) =>
    atEach(
      doors.filter(({ name }) => hasKey || name === 'service'),
      async ({ url, headers }) => {
        await empty();
        return {
          method: 'POST',
          url,
          headers: { ...headers, 'content-type': 'application/json' },
          body: BODY,
          connections: CONNECTIONS,
          ...(hasKey && { numbered: { header: HEADERS.idempotencyKey, prefix: `${randomUUID()}-` } }),
        };
      },
      named,
    );
  return [...subjects(', no key', false), ...subjects('', true)];
}

const throughput = (of: string, atLeast: number) =>
  ({ of, to: 'pgbench, one Sync', figure: 'throughput', atLeast }) as const;

export const bulkInsert: Scenario = {
  name: 'bulk-insert',
  summary: `${ROWS} rows in one insert: pgbench, the service, and through the gateway`,
  ratios: [
    throughput('service, no key', 0.6),
    throughput('service', 0.6),
    throughput('through the gateway', 0.6),
  ],
  open,
};
