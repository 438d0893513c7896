import { join } from 'node:path';
import { z } from 'zod';
import { withClient } from '@plinth/embedded';
import { testMember } from '@plinth/testing/service-keys';
import { installPgbench } from '@plinth/testing/systems/pgbench';
import type { LoadRequest } from '../load/wrk.ts';
import type { Ratio, Scenario, Stage, Subject } from '../scenario.ts';
import { type OneOfEach, post, startOneOfEach } from './one-of-each.ts';
import { PLATFORM_HEADERS, passportHolder } from './passports.ts';

// Rows of a workspace by the service and through the gateway, beside pgbench, which does in the database alone what the service
// does there: the caller's role and claims and the rows as JSON, under one Sync or, as PostgREST does it, in four round trips.

const ROWS = 100_000;
const PAGE = 100;
const TABLE = 'bench';

const COLUMNS = [
  { name: 'id', type: 'bigint', primaryKey: true },
  { name: 'title', type: 'text', nullable: false },
  { name: 'body', type: 'text' },
  { name: 'price', type: 'numeric' },
  { name: 'quantity', type: 'integer' },
  { name: 'is_open', type: 'boolean' },
  { name: 'tags', type: 'text[]' },
  { name: 'data', type: 'jsonb' },
  { name: 'created_at', type: 'timestamptz' },
];

const fill = (table: string) => `
  insert into ${table} select n, 'Title ' || n, repeat('body ', 10), n / 100.0, n % 100, n % 2 = 0,
    array['tag' || n % 10, 'other'], jsonb_build_object('n', n, 'kind', n % 7), now()
  from generate_series(1, ${ROWS}) n;
  vacuum analyze ${table};`;

const created = z.object({ name: z.string() });

async function makeTable({ fleet, workspace, dataUrl, signInOwner }: OneOfEach): Promise<string> {
  const path = `/v1/postgres/${workspace.workspaceId}/tables`;
  await post(fleet, path, created, { name: TABLE, columns: COLUMNS }, await signInOwner());
  const schema = `ws_${workspace.workspaceId.slice('wks_'.length).toLowerCase()}`;
  await withClient(dataUrl, async (client) => {
    for (const statement of fill(`${schema}.${TABLE}`)
      .split(';')
      .filter((text) => text.trim() !== ''))
      await client.query(statement);
  });
  return schema;
}

const settings = (schema: string) =>
  `select set_config('role', '${schema}_member', true), set_config('request.jwt.claims', '{"sub":"usr_1"}', true), set_config('transaction_read_only', 'on', true), set_config('statement_timeout', '4000', true), set_config('lock_timeout', '2000', true), set_config('request.method', 'GET', true), set_config('request.path', '/', true), set_config('request.correlation_id', 'bench', true);`;

const inOneSync = (schema: string, choose: string, query: string) =>
  `${choose}\\startpipeline\n${settings(schema)}\n${query}\n\\endpipeline\n`;

const inFourTrips = (schema: string, choose: string, query: string) =>
  `${choose}begin;\n${settings(schema)}\n${query}\ncommit;\n`;

const asJson = (rows: string) =>
  `select coalesce(json_agg(r), '[]')::text as body, count(*) as length from (${rows}) r;`;

interface Compared {
  /** After the table, in the URL; with `anyOf` a number follows. */
  query: string;
  isOfOne: boolean;
  choose: string;
  sql(table: string): string;
}

const ONE: Compared = {
  query: '?id=eq.',
  isOfOne: true,
  choose: `\\set id random(1, ${ROWS})\n`,
  sql: (table) => asJson(`select * from ${table} where id = :id`),
};

const LIST: Compared = {
  query: `?order=id&limit=${PAGE}`,
  isOfOne: false,
  choose: '',
  sql: (table) => asJson(`select * from ${table} order by id limit ${PAGE}`),
};

async function open(stage: Stage, { query, isOfOne, choose, sql }: Compared): Promise<Subject[]> {
  const its = await startOneOfEach(stage);
  const { fleet, process, postgres, workspace, dataUrl, signIn } = its;
  const schema = await makeTable(its);
  const statement = sql(`${schema}.${TABLE}`);
  const [gateway, service] = [process('gateway'), { ...process('postgres'), name: 'service' }];
  const path = `/v1/postgres/${workspace.workspaceId}/rows/${TABLE}${query}`;
  const requestTo = (url: string, headers: LoadRequest['headers']): LoadRequest => ({
    url: `${url}${path}${isOfOne ? '1' : ''}`,
    headers,
    ...(isOfOne && { anyOf: { path, upTo: ROWS } }),
  });
  const caller = testMember('owner', {
    organizationId: fleet.organizationId,
    ...workspace,
    workspace: { capabilities: ['postgres'], status: 'active' },
    plan: 'enterprise',
    capabilities: ['postgres'],
  });
  const held = passportHolder(join(fleet.home, 'keys'), caller, service.url, 'postgres');

  const pgbench = await stage.installed('pgbench', () => installPgbench(stage));
  const transactions = (name: string, script: string): Subject[] =>
    pgbench
      ? [
          {
            name,
            processes: [postgres],
            request: () => ({ program: pgbench.program, databaseUrl: dataUrl, script }),
          },
        ]
      : [];
  return [
    ...transactions('pgbench, one Sync', inOneSync(schema, choose, statement)),
    ...transactions('pgbench, four trips', inFourTrips(schema, choose, statement)),
    {
      name: 'service',
      processes: [service, postgres],
      request: async () => requestTo(service.url, (await held()).headers),
    },
    {
      name: 'through the gateway',
      processes: [gateway, service, postgres],
      request: async () =>
        requestTo(gateway.url, { ...PLATFORM_HEADERS, authorization: `Bearer ${await signIn()}` }),
    },
  ];
}

const throughput = (of: string, to: string, atLeast?: number): Ratio => ({
  of,
  to,
  figure: 'throughput',
  ...(atLeast !== undefined && { atLeast }),
});

export const oneRow: Scenario = {
  name: 'row',
  summary: `one row of ${ROWS} by its key: pgbench, the service, and through the gateway`,
  ratios: [
    throughput('service', 'pgbench, one Sync', 0.4),
    throughput('through the gateway', 'pgbench, one Sync', 0.22),
    throughput('service', 'pgbench, four trips'),
  ],
  open: (stage) => open(stage, ONE),
};

export const listOfRows: Scenario = {
  name: 'rows',
  summary: `a list of ${PAGE} rows: pgbench, the service, and through the gateway`,
  ratios: [
    throughput('service', 'pgbench, one Sync'),
    throughput('through the gateway', 'pgbench, one Sync', 0.5),
    throughput('service', 'pgbench, four trips'),
  ],
  open: (stage) => open(stage, LIST),
};
