import { installCurl } from '@plinth/testing/systems/curl';
import { installPgbench } from '@plinth/testing/systems/pgbench';
import type { Ratio, Scenario, Stage, Subject } from '../scenario.ts';
import { atEach, type DataApi, openDataApi } from './data-api.ts';

// All rows of a table as lines of JSON, beside what Postgres itself prints them at: its own format, and the same JSON.

const ROWS = 1_000_000;
const MAY_GROW_MIB = 100;

async function byPsql(stage: Stage, { postgres, dataUrl, table }: DataApi): Promise<Subject[]> {
  const programs = await stage.installed('psql', () => installPgbench(stage));
  if (programs === undefined) return [];
  const copy = (name: string, rows: string): Subject => {
    const command = `copy (${rows}) to stdout`;
    const transfer = [programs.psql, '--no-psqlrc', '--command', command, dataUrl] as const;
    return { name, processes: [postgres], request: () => ({ transfer, rows: ROWS }) };
  };
  return [
    copy('COPY', `select * from ${table}`),
    copy('COPY of JSON', `select to_json(r) from ${table} as r`),
  ];
}

async function byRequest(stage: Stage, { doors }: DataApi): Promise<Subject[]> {
  const curl = await stage.installed('curl', () => installCurl(stage));
  if (curl === undefined) return [];
  return atEach(doors, ({ url, headers }) => {
    const shown = Object.entries({ ...headers, accept: 'application/x-ndjson' });
    const flags = shown.flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    return { transfer: [curl, '--silent', '--show-error', '--fail', ...flags, url], rows: ROWS };
  });
}

const toCopy = (of: string): Ratio[] => [
  { of, to: 'COPY', figure: 'throughput', atLeast: 0.3 },
  { of, to: 'COPY of JSON', figure: 'throughput' },
];

export const exportOfRows: Scenario = {
  name: 'export',
  summary: `${ROWS} rows as NDJSON: COPY by psql, the service, and through the gateway`,
  unit: 'row',
  ratios: [...toCopy('service'), ...toCopy('through the gateway')],
  growth: [
    { of: 'service', goal: MAY_GROW_MIB },
    { of: 'through the gateway', goal: MAY_GROW_MIB },
  ],
  async open(stage) {
    const api = await openDataApi(stage, ROWS);
    return [...(await byPsql(stage, api)), ...(await byRequest(stage, api))];
  },
};
