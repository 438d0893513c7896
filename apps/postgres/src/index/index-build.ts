import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Caller, type Log, newUlid } from '@plinth/contracts';
import { codeOf, isConnectionFault } from '@plinth/database';
import { escapeLiteral } from 'pg';
import { inSchema } from '../ddl/identifier.ts';
import { ofField, type SchemaChanges } from '../ddl/schema-change.ts';
import type { Place } from '../placement/place.ts';
import type { IndexBuilds } from '../query/index-builds.ts';
import { indexRepo } from './index.repo.ts';
import type { TableIndex } from './index.schema.ts';

// An index that is built beside the work of others: answered when it is ready, or while it is built. Where it stands is read from
// the catalogue alone. One that fails leaves something behind, which goes where the caller is told at once, and else says why until
// somebody deletes it.

interface BuildDeps {
  schemas: SchemaChanges;
  builds: IndexBuilds;
  log: Log;
  /** How long a caller waits for it to be ready. */
  patienceMs?: number | undefined;
}

interface Asked {
  table: string;
  name: string;
  /** `create index concurrently …` */
  text: string;
}

export type BuildIndex = (caller: Caller, place: Place, asked: Asked) => Promise<TableIndex>;

const PATIENCE_MS = 2_500;
const CANCELLED = '57014';

function reasonOf(error: unknown): string {
  const told = ofField(error, 'columns');
  return told instanceof AppError ? `${told.code}: ${told.message}` : 'The build failed';
}

const dropped = (on: string): string => `drop index ${on}`;
const explained = (error: unknown) => (on: string) =>
  `comment on index ${on} is ${escapeLiteral(reasonOf(error))}`;

export function createBuildIndex(deps: BuildDeps): BuildIndex {
  const { schemas, builds, log, patienceMs = PATIENCE_MS } = deps;

  /** What is left of it when it has ended. Those who keep the schema in memory are told of it with that. */
  const settle = (caller: Caller, { table, name }: Asked, statement: (on: string) => string) =>
    schemas.make(caller, newUlid(), {
      async plan(run, place) {
        const found = await indexRepo(run, place).find(table, name);
        if (found?.state !== 'failed') return [];
        return [{ text: statement(inSchema(place.schema, name)), field: 'name' }];
      },
      see: (run, place) => indexRepo(run, place).find(table, name),
    });

  async function settleLater(caller: Caller, asked: Asked, outcome: Promise<{ error: unknown }>) {
    const { error } = await outcome;
    try {
      // A connection that broke says nothing of the build: the server may be at it still.
      if (!isConnectionFault(error)) await settle(caller, asked, explained(error));
    } catch (err) {
      log.warn({ err, workspaceId: caller.workspaceId }, 'how the build of an index ended cannot be told');
    }
  }

  return async (caller, place, asked) => {
    const { ended, cancel } = await builds.begin(place, asked.text);
    const outcome = ended.then(
      () => ({ error: undefined }),
      (error: unknown) => ({ error }),
    );
    let known = await Promise.race([outcome, sleep(patienceMs, undefined, { ref: false })]);
    const isWaiting = known === undefined;
    if (!known) {
      const index = await schemas.read(caller, (run, at) => indexRepo(run, at).find(asked.table, asked.name));
      if (index && index.state !== 'failed') {
        void settleLater(caller, asked, outcome);
        return index;
      }
      // There is nothing of it yet, so it waits for somebody who changes the table.
      if (!index) await cancel();
      known = await outcome;
    }
    const { error } = known;
    if (isConnectionFault(error)) throw new AppError('DATABASE_UNAVAILABLE', { cause: error });
    const { seen } = await settle(caller, asked, dropped);
    if (seen) return seen;
    if (isWaiting && codeOf(error) === CANCELLED)
      throw new AppError('LOCKED', { details: { retryable: true } });
    throw ofField(error, 'columns');
  };
}
