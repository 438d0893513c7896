import { AppError, type AuditEntry, type Call } from '@plinth/contracts';
import { lookupFault } from '@plinth/database';
import { planDelete } from '../plan/delete.ts';
import { planInsert } from '../plan/insert.ts';
import type { Plan } from '../plan/plan.ts';
import { planUpdate } from '../plan/update.ts';
import { planUpsert } from '../plan/upsert.ts';
import type { Row } from '../query/one-sync.ts';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import type { RowsBody } from '../request/body/rows-body.ts';
import { checkOutcome, checkRefused, neededBy } from './as-asked.ts';
import { contextOf } from './context.ts';
import { fullTableEntry, isFullTableAllowed } from './full-table.ts';
import type { Once, RecordKey } from './once.ts';
import { numberIn, outcomeOf } from './outcome.ts';
import type { OpenedTable, Workspaces } from './workspace.ts';

// Changing rows: the statement, and the record of what it did under its key, in one transaction.

export interface WriteDeps {
  workspaces: Workspaces;
  once: Once;
  /** Comes back when the entry is written. */
  audit(call: Call, entry: AuditEntry): Promise<void>;
}

export type Change = 'insert' | 'update' | 'upsert' | 'delete';

export interface Wanted {
  change: Change;
  table: string;
  url: RowsUrl;
  preferences: Preferences;
  body: RowsBody | undefined;
  /** The one row is answered as an object. */
  isOne: boolean;
  stripsNulls: boolean;
  ifMatch: readonly string[] | undefined;
  /** The table again, where all its rows are meant. */
  fullTable: string | undefined;
  /** All that tells this request from another with its key. */
  content: readonly (string | Buffer)[];
  method: string;
  path: string;
  signal: AbortSignal | undefined;
}

/** Plain JSON: it is recorded, and answered again. */
export interface WroteRows {
  body: string | null;
  affected: number;
  inserted: number | null;
  /** The primary key of the only row, as a JSON object. */
  key: string | null;
  /** Of a bulk update: the keys that fit no row, as a JSON array. */
  unmatched: string | null;
}

const bodyOf = ({ body }: Wanted): RowsBody => {
  if (body) return body;
  throw new AppError('VALIDATION_FAILED', { message: 'The body is to hold the row, or the rows' });
};

/** Where it has a key, the statement records itself. */
export function planChange(
  wanted: Wanted,
  { isFull, key }: { isFull: boolean; key?: RecordKey | undefined },
  opened: OpenedTable,
): Plan {
  const { change, url, preferences, stripsNulls, isOne, ifMatch } = wanted;
  const record = key && { hash: key.hash, needs: neededBy(wanted) };
  const request = { ...opened, preferences, areNullsStripped: stripsNulls, query: url, isOne, record };
  switch (change) {
    case 'delete':
      return planDelete({
        ...request,
        ifMatch,
        isFullTableAllowed: isFull,
        isLockable: opened.isLockable(opened.table),
      });
    case 'update':
      return planUpdate({
        ...request,
        ifMatch,
        isFullTableAllowed: isFull,
        body: bodyOf(wanted),
        columns: url.columns,
        on: url.on,
      });
    case 'insert':
      return planInsert({
        ...request,
        body: bodyOf(wanted),
        columns: url.columns,
        onConflict: url.onConflict,
      });
    case 'upsert':
      return planUpsert({ ...request, ifMatch, body: bodyOf(wanted), columns: url.columns });
  }
}

/** What the row of the statement says. Whatever is not as it was asked for undoes the change. */
export function wroteIn(wanted: Wanted, plan: Plan, row: Row | undefined): WroteRows {
  const outcome = outcomeOf(plan, row);
  const affected = numberIn(outcome.affected);
  checkOutcome(wanted, affected, numberIn(outcome.matched));
  return {
    body: outcome.body ?? null,
    affected,
    inserted: outcome.inserted == null ? null : Number(outcome.inserted),
    key: outcome.key ?? null,
    unmatched: outcome.unmatched ?? null,
  };
}

export function createWriteRows({ workspaces, once, audit }: WriteDeps) {
  return async (call: Call, wanted: Wanted): Promise<WroteRows> => {
    const { method, path, signal, content, preferences } = wanted;
    const isFull = isFullTableAllowed(call, wanted);
    const key = once.keyOf(call, content);
    // Between a change of all rows and its commit there is something to do.
    const recordsItself = key !== undefined && !isFull;
    const planned = workspaces.plan(call, wanted.table, (opened) =>
      planChange(wanted, { isFull, key: recordsItself ? key : undefined }, opened),
    );
    const { plan, place, mayKnow } = await planned.catch((error: unknown) => {
      throw call.idempotencyKey === undefined ? error : lookupFault(error);
    });
    const context = contextOf(call, place, {
      method,
      path,
      isReadOnly: false,
      isolation: preferences.isolation,
    });
    return once.run(call, {
      place,
      work: { context, signal, mayKnow },
      key,
      recordsItself,
      async take(run) {
        const [row] = await run(plan.statement).catch((error: unknown) => {
          checkRefused(wanted, error);
          throw error;
        });
        const wrote = wroteIn(wanted, plan, row);
        // Before it is committed: what is not on record does not happen.
        if (isFull) await audit(call, fullTableEntry(wanted, wrote.affected));
        return wrote;
      },
    });
  };
}
