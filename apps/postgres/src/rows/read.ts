import { AppError, type Call, type CursorCodec } from '@plinth/contracts';
import { placeOf } from '../plan/cursor.ts';
import { COUNTED_ROWS, estimatedRows, type ReadShape } from '../plan/read.ts';
import { createShapes } from '../plan/shapes.ts';
import { isBrief } from '../query/brief-reads.ts';
import type { LoginPools } from '../query/login-pools.ts';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import { contextOf } from './context.ts';
import { numberIn, outcomeOf } from './outcome.ts';
import type { Workspaces } from './workspace.ts';

// Reading rows: one statement in one transaction that can only read.

export interface ReadDeps {
  workspaces: Workspaces;
  pools: LoginPools;
  cursors: CursorCodec;
}

export interface Asked {
  table: string;
  url: RowsUrl;
  preferences: Preferences;
  shape: ReadShape;
  stripsNulls: boolean;
  method: string;
  path: string;
  signal: AbortSignal | undefined;
}

export interface ReadRows {
  /** JSON; undefined where none was asked for. */
  body: string | undefined;
  length: number;
  total: number | undefined;
  /** Begins the next page, where pages were asked for and there is one. */
  nextCursor: string | undefined;
  /** Of the only row. */
  version: string | undefined;
  /** The names of the columns, in order. */
  names: readonly string[];
  /** That it takes the database no time to speak of. */
  isBrief: boolean;
}

/** More at once are paged, or exported: an answer is made as a whole. */
export const MAX_ROWS = 10_000;

export function checkCount(asked: number): void {
  if (asked <= MAX_ROWS) return;
  throw new AppError('INVALID_RANGE', {
    message: `These are more than ${MAX_ROWS} rows, the most of one answer: page them with limit and cursor, or ask for CSV or NDJSON`,
    details: { limit: MAX_ROWS },
  });
}

/** What a cursor stands for: the same rows in the same order. */
const queryOf = ({ table, url: { where, order } }: Asked, workspaceId: string | undefined) => [
  'rows',
  workspaceId,
  table,
  where,
  order,
];

export function createReadRows({ workspaces, pools, cursors }: ReadDeps) {
  const planRead = createShapes();
  return async (call: Call, asked: Asked): Promise<ReadRows> => {
    const { url, preferences, shape, method, path, signal } = asked;
    if (url.limit !== undefined) checkCount(url.limit);
    const query = queryOf(asked, call.caller.workspaceId);
    const isPaged = url.cursor !== undefined;
    const page = url.cursor ? placeOf(cursors.decode(query, url.cursor)[0] ?? '') : 'first';
    const { plan, place, mayKnow } = await workspaces.plan(call, asked.table, (opened) =>
      planRead({
        ...opened,
        preferences,
        areNullsStripped: asked.stripsNulls,
        query: { ...url, limit: url.limit ?? MAX_ROWS + 1 },
        shape,
        hasVersion: shape === 'one',
        ...(isPaged && { page, hasNext: url.limit !== undefined }),
      }),
    );
    const context = contextOf(call, place, {
      method,
      path,
      isReadOnly: true,
      isolation: preferences.isolation,
    });
    const statements = plan.estimate ? [plan.statement, plan.estimate] : [plan.statement];
    const work = { context, signal, mayKnow, pace: plan.pace };
    const [row, estimate] = await pools.run(place, 'api', statements, work);
    const { body, length, total, last, version } = outcomeOf(plan, row);
    const count = numberIn(length);
    if (url.limit === undefined) checkCount(count);
    return {
      body: body ?? undefined,
      length: count,
      total: totalOf(total, estimate?.[0], (url.offset ?? 0) + count),
      nextCursor: last ? cursors.encode(query, [last]) : undefined,
      version: version ?? undefined,
      names: plan.names,
      isBrief: plan.pace !== undefined && isBrief(plan.pace),
    };
  };
}

/** Exact as far as it was counted; beyond that what Postgres thinks, but no less than was counted or seen. */
export function totalOf(
  counted: string | null | undefined,
  estimate: string | null | undefined,
  seen: number,
): number | undefined {
  const exact = counted == null ? undefined : Number(counted);
  if (!estimate) return exact;
  if (exact !== undefined && exact <= COUNTED_ROWS) return exact;
  return Math.max(exact ?? 0, estimatedRows(estimate) ?? 0, seen);
}
