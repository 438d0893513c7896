import type { LoadRequest } from '../load/wrk.ts';
import type { Ratio, Scenario, Stage, Subject } from '../scenario.ts';
import { anyRow, atEach, openDataApi, type ToRows } from './data-api.ts';
import { parseServerSubjects } from './parse-server.ts';
import { inFourTrips, inOneSync, pgbenchSubjects } from './transactions.ts';

// Rows of a workspace by the service and through the gateway, beside pgbench, which does in the database alone what the service does
// there, and beside Parse Server with the same rows.

const ROWS = 100_000;
const PAGE = 100;
/** A request for one row is in one process after another: with half as many a fifth of two cores has nothing to do. */
const FOR_ONE = 64;

const asJson = (rows: string) =>
  `select coalesce(json_agg(r), '[]')::text as body, count(*) as length from (${rows}) r;`;

interface Compared {
  /** After the table, in the URL; where it is of one row its number follows. */
  query: string;
  /** The same after the class of Parse Server. */
  parseQuery: string;
  isOfOne: boolean;
  choose?: string;
  sql(table: string): string;
}

const ONE: Compared = {
  query: '?id=eq.',
  parseQuery: '/',
  isOfOne: true,
  choose: `\\set id random(1, ${ROWS})\n`,
  sql: (table) => asJson(`select * from ${table} where id = :id`),
};

const LIST: Compared = {
  query: `?order=id&limit=${PAGE}`,
  parseQuery: `?order=objectId&limit=${PAGE}`,
  isOfOne: false,
  sql: (table) => asJson(`select * from ${table} order by id limit ${PAGE}`),
};

const requestOf = (to: ToRows, query: string, isOfOne: boolean): LoadRequest =>
  isOfOne ? { ...anyRow(to, query, ROWS), connections: FOR_ONE } : { ...to, url: `${to.url}${query}` };

async function open(stage: Stage, { query, parseQuery, isOfOne, choose, sql }: Compared): Promise<Subject[]> {
  const api = await openDataApi(stage, ROWS);
  const transaction = { isReadOnly: true, ...(choose && { choose }), statement: sql(api.table) };
  return [
    ...(await pgbenchSubjects(stage, api, {
      'pgbench, one Sync': inOneSync(api.schema, transaction),
      'pgbench, four trips': inFourTrips(api.schema, transaction),
    })),
    ...atEach(api.doors, (to) => requestOf(to, query, isOfOne)),
    ...(await parseServerSubjects(stage, api.postgres, ROWS, (to) => requestOf(to, parseQuery, isOfOne))),
  ];
}

const throughput = (of: string, to: string, atLeast?: number): Ratio => ({
  of,
  to,
  figure: 'throughput',
  ...(atLeast !== undefined && { atLeast }),
});

const TO_PARSE_SERVER: readonly Ratio[] = [
  throughput('service', 'Parse Server'),
  throughput('through the gateway', 'Parse Server'),
  { of: 'service', to: 'Parse Server', figure: 'allCpu' },
  { of: 'through the gateway', to: 'Parse Server', figure: 'allCpu' },
];

export const oneRow: Scenario = {
  name: 'row',
  summary: `one row of ${ROWS} by its key: pgbench, the service, and through the gateway`,
  ratios: [
    throughput('service', 'pgbench, one Sync', 0.4),
    throughput('through the gateway', 'pgbench, one Sync', 0.22),
    throughput('service', 'pgbench, four trips'),
    ...TO_PARSE_SERVER,
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
    ...TO_PARSE_SERVER,
  ],
  open: (stage) => open(stage, LIST),
};
