import { AppError, type Call } from '@plinth/contracts';
import { lookupFault } from '@plinth/database';
import { type CallPlan, planCall } from '../plan/call.ts';
import type { LoginPools } from '../query/login-pools.ts';
import type { Row } from '../query/one-sync.ts';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import type { CallBody } from '../request/body/call-body.ts';
import { elementsOf } from '../response/json-text.ts';
import { contextOf } from '../rows/context.ts';
import type { Once } from '../rows/once.ts';
import { numberIn, outcomeOf } from '../rows/outcome.ts';
import { checkCount, MAX_ROWS } from '../rows/read.ts';
import type { OpenedWorkspace, Workspaces } from '../rows/workspace.ts';

// Calling a function: by GET in a transaction that can only read, else once under its key. A function that says of itself that it
// changes nothing is held to that, and needs no record of what it did.

export interface CallDeps {
  workspaces: Workspaces;
  pools: LoginPools;
  once: Once;
}

export interface AskedCall {
  name: string;
  arguments: CallBody;
  url: RowsUrl;
  preferences: Preferences;
  isRead: boolean;
  shape: 'list' | 'one' | 'none';
  /** Whether the answer is to be lines of columns, which a value is not. */
  isTabular: boolean;
  stripsNulls: boolean;
  /** All that tells this request from another with its key. */
  content: readonly (string | Buffer)[];
  method: string;
  path: string;
  signal: AbortSignal | undefined;
}

/** Plain JSON: it is recorded, and answered again. */
export interface Called {
  answers: CallPlan['answers'];
  body: string | null;
  length: number;
  total: number | null;
}

export function planOf(asked: AskedCall, opened: OpenedWorkspace): CallPlan {
  const { name, arguments: given, url, preferences, isRead, shape, stripsNulls } = asked;
  if (url.limit !== undefined) checkCount(url.limit);
  return planCall({
    ...opened,
    name,
    arguments: given,
    query: { ...url, limit: url.limit ?? MAX_ROWS + 1 },
    preferences,
    isRead,
    shape,
    areNullsStripped: stripsNulls,
  });
}

function checkOne({ shape }: AskedCall, { answers }: CallPlan, length: number): void {
  if (shape !== 'one' || answers !== 'list' || length === 1) return;
  throw new AppError(length === 0 ? 'ROW_NOT_FOUND' : 'NOT_SINGULAR', { details: { rows: length } });
}

function checkAffected({ preferences: { maxAffected } }: AskedCall, { answers }: CallPlan, length: number) {
  if (maxAffected === undefined || answers !== 'list' || length <= maxAffected) return;
  throw new AppError('MAX_AFFECTED_EXCEEDED', { details: { affected: length } });
}

function checkForm({ isTabular }: AskedCall, { answers }: CallPlan, body: string): void {
  if (!isTabular) return;
  const [first] = answers === 'list' ? elementsOf(body) : [body];
  if (first === undefined || first.startsWith('{')) return;
  throw new AppError('NOT_ACCEPTABLE', { message: 'The function returns values, and CSV is made of rows' });
}

/** What the row of the statement says. Whatever is not as it was asked for undoes the call. */
export function calledIn(asked: AskedCall, plan: CallPlan, row: Row | undefined): Called {
  const { body, length, total } = outcomeOf(plan, row);
  const count = numberIn(length);
  checkCount(count);
  checkOne(asked, plan, count);
  checkAffected(asked, plan, count);
  checkForm(asked, plan, body ?? '');
  return {
    answers: plan.answers,
    body: body ?? null,
    length: count,
    total: total == null ? null : Number(total),
  };
}

export function createCallFunction({ workspaces, pools, once }: CallDeps) {
  return async (call: Call, asked: AskedCall): Promise<Called> => {
    const { method, path, signal, content, preferences } = asked;
    const planned = workspaces.planWith(call, (opened) => planOf(asked, opened));
    const { plan, place, mayKnow } = await planned.catch((error: unknown) => {
      throw call.idempotencyKey === undefined ? error : lookupFault(error);
    });
    const isReadOnly = plan.volatility !== 'volatile';
    const context = contextOf(call, place, { method, path, isReadOnly, isolation: preferences.isolation });
    const work = { context, signal, mayKnow };
    if (isReadOnly) {
      const [row] = await pools.run(place, 'api', [plan.statement], work);
      return calledIn(asked, plan, row);
    }
    const take = async (run: (statement: CallPlan['statement']) => Promise<readonly Row[]>) => {
      const [row] = await run(plan.statement);
      return calledIn(asked, plan, row);
    };
    return once.run(call, { place, work, key: once.keyOf(call, content), take });
  };
}
