import { AppError, type Call } from '@plinth/contracts';
import { lookupFault } from '@plinth/database';
import { type ImportPlan, planImport } from '../plan/import.ts';
import type { Run } from '../query/login-pools.ts';
import { type Telling, toAppError } from '../query/sqlstate.ts';
import type { Statement } from '../query/statement.ts';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import type { Batch, RowBatches } from '../request/body/row-batches.ts';
import { contextOf } from './context.ts';
import { firstRefused } from './first-refused.ts';
import type { ImportSlots } from './import-slots.ts';
import { numberIn, outcomeOf } from './outcome.ts';
import type { Upload } from './upload.ts';
import type { WriteDeps, WroteRows } from './write.ts';

// Rows of any number, all of them or none: while Postgres takes some, the next are read. COPY would be twice as fast, but serves no
// role that has row-level security, and knows nothing of defaults, resolutions and columns that come and go.

export interface ImportDeps extends WriteDeps {
  slots: ImportSlots;
}

export interface Imported {
  table: string;
  url: RowsUrl;
  preferences: Preferences;
  batches: RowBatches;
  upload: Upload;
  /** All that tells this request from another with its key, beside its body. */
  content: readonly string[];
  method: string;
  path: string;
}

const MAX_BATCH = { rows: 10_000, bytes: 1024 * 1024 };
const MIN_ROWS = 100;
/** A statement is to take so long: what triggers make slow comes in fewer rows. */
const WANTED_MS = 250;

const SAVEPOINT: Statement = { text: 'savepoint batch', values: [] };
const RELEASE: Statement = { text: 'release savepoint batch', values: [] };
const ROLLBACK_TO: Statement = { text: 'rollback to savepoint batch', values: [] };
/** Its caller may be slow, and is cut after 30 seconds of silence. */
const WAIT: Statement = {
  text: "select pg_catalog.set_config('idle_in_transaction_session_timeout', '40s', true)",
  values: [],
};

const NOT_OF_ROWS = new Set(['LOCKED', 'SERIALIZATION_FAILURE']);

interface Insertion {
  run: Run;
  plan: ImportPlan;
  telling: Telling;
}

type Counts = Pick<WroteRows, 'affected' | 'inserted'>;

/** An error of the rows themselves, as the caller is told it. */
function refusalOf(error: unknown, telling: Telling): AppError | undefined {
  const refusal = toAppError(error, telling);
  const isOfRows = refusal instanceof AppError && refusal.status < 500 && !NOT_OF_ROWS.has(refusal.code);
  return isOfRows ? refusal : undefined;
}

/** What an attempt is refused for; undefined where it is not. The transaction goes on either way. */
async function attempt({ run, telling }: Insertion, statement: Statement): Promise<unknown> {
  try {
    await run(SAVEPOINT, statement, RELEASE);
    return undefined;
  } catch (error) {
    if (!refusalOf(error, telling)) throw error;
    await run(ROLLBACK_TO);
    return error;
  }
}

async function columnOf(insertion: Insertion, batch: Batch, index: number): Promise<string | undefined> {
  for (const { column, statement } of insertion.plan.probes(batch.some(index, index + 1)))
    if ((await attempt(insertion, statement)) !== undefined) return column;
  return undefined;
}

/** The refusal of a batch, which says at which line it was. */
async function located(insertion: Insertion, batch: Batch, first: unknown): Promise<unknown> {
  const { run, plan, telling } = insertion;
  if (!refusalOf(first, telling)) return first;
  await run(ROLLBACK_TO);
  const { index, error } = await firstRefused(batch.count, first, (from, to) =>
    attempt(insertion, plan.insert(batch.some(from, to)).statement),
  );
  const refusal = refusalOf(error, telling);
  if (!refusal || index === undefined) return error;
  const isNamed = refusal.details?.column !== undefined || refusal.details?.constraint !== undefined;
  const column = isNamed ? undefined : await columnOf(insertion, batch, index);
  const line = batch.lines[index];
  return new AppError(refusal.code, {
    message: `Line ${line}: ${refusal.message}`,
    details: { ...refusal.details, line, ...(column !== undefined && { column }) },
    cause: error,
  });
}

async function insertBatch(insertion: Insertion, batch: Batch): Promise<Counts> {
  const plan = insertion.plan.insert(batch);
  try {
    const [, row] = await insertion.run(SAVEPOINT, plan.statement, RELEASE);
    const { affected, inserted } = outcomeOf(plan, row);
    return { affected: numberIn(affected), inserted: inserted == null ? null : Number(inserted) };
  } catch (error) {
    throw await located(insertion, batch, error);
  }
}

function checkAffected({ maxAffected }: Preferences, { affected }: Counts): void {
  if (maxAffected !== undefined && affected > maxAffected)
    throw new AppError('MAX_AFFECTED_EXCEEDED', { details: { affected } });
}

const rowsIn = (rows: number, ms: number): number =>
  Math.min(MAX_BATCH.rows, Math.max(MIN_ROWS, Math.round(rows * Math.min(4, WANTED_MS / ms))));

async function insertAll(insertion: Insertion, first: Batch, batches: RowBatches): Promise<Counts> {
  const all = { affected: 0, inserted: 0 as number | null };
  await insertion.run(WAIT);
  let rows = first.count;
  for (let batch = first; batch.count > 0; ) {
    const reading = batches.next({ ...MAX_BATCH, rows });
    // Of two faults the one that comes first in the body is told.
    reading.catch(() => undefined);
    const since = performance.now();
    const { affected, inserted } = await insertBatch(insertion, batch);
    rows = rowsIn(batch.count, performance.now() - since);
    all.affected += affected;
    all.inserted = inserted === null || all.inserted === null ? null : all.inserted + inserted;
    batch = await reading;
  }
  return all;
}

export function createImportRows({ workspaces, once, slots }: ImportDeps) {
  return async (call: Call, wanted: Imported): Promise<WroteRows> => {
    const { table, url, preferences, batches, upload, content, method, path } = wanted;
    const first = await batches.first();
    const isAll = batches.hasEnded();
    const planned = workspaces.plan(call, table, (opened) =>
      planImport({
        ...opened,
        preferences,
        query: url,
        body: first,
        columns: url.columns,
        onConflict: url.onConflict,
      }),
    );
    const { plan, place, mayKnow } = await planned.catch((error: unknown) => {
      throw call.idempotencyKey === undefined ? error : lookupFault(error);
    });
    if (!url.columns) batches.settle({ columns: plan.columns, isExact: preferences.missing === undefined });
    const { isolation } = preferences;
    const context = contextOf(call, place, { method, path, isReadOnly: false, isolation });
    const telling = { isReadOnly: false, mayKnow };

    const done = await once.run(call, {
      place,
      work: { context, signal: upload.signal, mayKnow, isLong: true },
      key: once.keyOf(call, content),
      async take(run) {
        const insert = () => insertAll({ run, plan, telling }, first, batches);
        const counts = isAll ? await insert() : await slots(place.workspaceId, insert);
        checkAffected(preferences, counts);
        return { counts, digest: await upload.digest() };
      },
    });
    if (call.replay && (await upload.digest()) !== done.digest) {
      call.replay = undefined;
      throw new AppError('IDEMPOTENCY_KEY_REUSED');
    }
    return { body: null, key: null, unmatched: null, ...done.counts };
  };
}
