import { installPgbench } from '@plinth/testing/systems/pgbench';
import type { Stage, Subject } from '../scenario.ts';
import type { DataApi } from './data-api.ts';

// What the service does in the database, done by pgbench there and nowhere else: the caller's role and claims, and the statement, under
// one Sync or, as PostgREST does it, in four round trips.

export interface Transaction {
  isReadOnly: boolean;
  /** Commands of pgbench that say the variables of the statement. */
  choose?: string;
  statement: string;
}

const settings = (schema: string, isReadOnly: boolean): string =>
  `select set_config('role', '${schema}_member', true), set_config('request.jwt.claims', '{"sub":"usr_1"}', true), set_config('transaction_read_only', '${isReadOnly ? 'on' : 'off'}', true), set_config('statement_timeout', '4000', true), set_config('lock_timeout', '2000', true), set_config('request.method', 'GET', true), set_config('request.path', '/', true), set_config('request.correlation_id', 'bench', true);`;

export const inOneSync = (schema: string, { isReadOnly, choose = '', statement }: Transaction): string =>
  `${choose}\\startpipeline\n${settings(schema, isReadOnly)}\n${statement}\n\\endpipeline\n`;

export const inFourTrips = (schema: string, { isReadOnly, choose = '', statement }: Transaction): string =>
  `${choose}begin;\n${settings(schema, isReadOnly)}\n${statement}\ncommit;\n`;

interface Turns {
  /** Done before each. */
  prepare?: () => Promise<unknown>;
  variables?: Readonly<Record<string, string>>;
}

/** A subject for each script; none where pgbench cannot be had. */
export async function pgbenchSubjects(
  stage: Stage,
  { postgres, dataUrl }: Pick<DataApi, 'postgres' | 'dataUrl'>,
  scripts: Readonly<Record<string, string>>,
  { prepare, variables = {} }: Turns = {},
): Promise<Subject[]> {
  const programs = await stage.installed('pgbench', () => installPgbench(stage));
  if (programs === undefined) return [];
  return Object.entries(scripts).map(([name, script]) => ({
    name,
    processes: [postgres],
    async request() {
      await prepare?.();
      return { program: programs.pgbench, databaseUrl: dataUrl, script, variables };
    },
  }));
}
