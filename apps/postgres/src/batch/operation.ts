import { AppError, type AuditEntry, type Call } from '@plinth/contracts';
import { authorize } from '@plinth/service';
import { calledIn, planOf as planCalled } from '../function/call.ts';
import { answerToCall } from '../function/answer.ts';
import { versionsIn } from '../native-request.ts';
import { planRead } from '../plan/read.ts';
import type { Row } from '../query/one-sync.ts';
import type { Statement } from '../query/statement.ts';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import { callBodyOf, parseCallBody } from '../request/body/call-body.ts';
import { parseRowsBody } from '../request/body/rows-body.ts';
import { parseAccept } from '../request/media-types.ts';
import { parsePreferences } from '../request/preferences.ts';
import { parseCallUrl, parseRowsUrl } from '../request/rows-url.ts';
import { answerToRead, answerToWrite, type RowsAnswer } from '../rows/answer.ts';
import { fullTableEntry, isFullTableAllowed } from '../rows/full-table.ts';
import { numberIn, outcomeOf } from '../rows/outcome.ts';
import { totalOf } from '../rows/read.ts';
import { openTable, type OpenedWorkspace } from '../rows/workspace.ts';
import { type Change, planChange, wroteIn } from '../rows/write.ts';
import type { RunBatch } from './batch.schema.ts';
import { type Referable, type Resolve, resolveBody, resolveQuery, resolveText } from './references.ts';

// One operation of a batch: the same words, plans and answers as of the request by itself.

export interface Operation extends Omit<RunBatch['operations'][number], 'body'> {
  /** JSON, as it was written. */
  body: string | undefined;
}

/** Plain JSON: it is recorded, and answered again. */
export type Done = Omit<RowsAnswer, 'body'> & Referable;

export interface Planned {
  statements: readonly Statement[];
  take(rows: readonly Row[]): Done;
  /** What is audited of it, once it is done. */
  entryOf?: ((done: Done) => AuditEntry) | undefined;
}

/** An operation that was read; what it refers to is known when it is planned. */
export type Step = (opened: OpenedWorkspace, resolve: Resolve) => Planned;

/** All answers of a batch are held at once. */
const MAX_ROWS = 1_000;
const JSON_ROWS = parseAccept('application/json');
const PATH = /^(rows|rpc)\/([^/?#]+)(?:\?([^#]*))?$/;
const CHANGES = {
  POST: 'insert',
  PATCH: 'update',
  PUT: 'upsert',
  DELETE: 'delete',
} as const satisfies Record<string, Change>;

interface Read {
  call: Call;
  operation: Operation;
  name: string;
  query: string;
  preferences: Preferences;
}

const refusePath = (path: string): AppError =>
  new AppError('VALIDATION_FAILED', {
    message: 'The path of an operation is rows/{table}?… or rpc/{function}?…',
    details: { path },
  });

function partsOf(path: string): { isCall: boolean; name: string; query: string } {
  const [, kind, name = '', query = ''] = PATH.exec(path) ?? [];
  if (kind === undefined) throw refusePath(path);
  try {
    return { isCall: kind === 'rpc', name: decodeURIComponent(name), query };
  } catch {
    throw refusePath(path);
  }
}

const urlOf = ({ caller }: Call, kind: string, name: string): string =>
  `/v1/postgres/${caller.workspaceId}/${kind}/${encodeURIComponent(name)}`;

function checkCount(rows: number): void {
  if (rows <= MAX_ROWS) return;
  throw new AppError('INVALID_RANGE', {
    message: `An operation of a batch answers at most ${MAX_ROWS} rows`,
    details: { limit: MAX_ROWS },
  });
}

function checkPage({ limit = 0, cursor }: RowsUrl): void {
  checkCount(limit);
  if (cursor !== undefined)
    throw new AppError('INVALID_RANGE', { message: 'There are no pages by cursor in a batch' });
}

const doneOf = ({ status, headers, body }: RowsAnswer, key: string | null = null): Done => {
  const { 'content-type': _, ...told } = headers;
  return { status, headers: told, body: body ?? null, key };
};

function reading({ name, query, preferences }: Read): Step {
  const url = parseRowsUrl(query);
  checkPage(url);
  return (opened, resolve) => {
    const plan = planRead({
      ...openTable(opened, name),
      preferences,
      query: resolveQuery({ ...url, limit: url.limit ?? MAX_ROWS + 1 }, resolve),
      shape: 'list',
    });
    return {
      statements: plan.estimate ? [plan.statement, plan.estimate] : [plan.statement],
      take([row, estimate]) {
        const { body, length, total } = outcomeOf(plan, row);
        const count = numberIn(length);
        checkCount(count);
        const read = {
          body: body ?? undefined,
          length: count,
          total: totalOf(total, estimate?.[0], (url.offset ?? 0) + count),
          nextCursor: undefined,
          version: undefined,
          names: plan.names,
          isBrief: false,
        };
        const context = { url, preferences, representation: JSON_ROWS, ifNoneMatch: undefined };
        return doneOf(answerToRead(read, context));
      },
    };
  };
}

function changing(read: Read, change: Change): Step {
  const { call, operation, name, query } = read;
  // Later operations may refer to the key of a row that this one makes.
  const preferences = { ...read.preferences, return: read.preferences.return ?? 'headers-only' };
  const path = urlOf(call, 'rows', name);
  const url = parseRowsUrl(query);
  const written =
    operation.body === undefined ? undefined : parseRowsBody(Buffer.from(operation.body), 'json');
  const fullTable = operation.allowFullTable;
  const isFull = isFullTableAllowed(call, { change, table: name, url, fullTable });
  return (opened, resolve) => {
    const wanted = {
      change,
      table: name,
      url: resolveQuery(url, resolve),
      preferences,
      body: written && { ...written, json: resolveBody(String(written.json), resolve) },
      isOne: false,
      stripsNulls: false,
      ifMatch: versionsIn(operation.ifMatch),
      fullTable,
      content: [],
      method: operation.method,
      path,
      signal: undefined,
    };
    const plan = planChange(wanted, { isFull }, openTable(opened, name));
    return {
      statements: [plan.statement],
      take([row]) {
        const wrote = wroteIn(wanted, plan, row);
        return doneOf(
          answerToWrite(wrote, { change, path, preferences, representation: JSON_ROWS }),
          wrote.key,
        );
      },
      entryOf: isFull
        ? ({ headers }) => fullTableEntry(wanted, Number(headers['x-rows-affected']))
        : undefined,
    };
  };
}

function calling({ call, operation, name, query, preferences }: Read): Step {
  const isRead = operation.method === 'GET';
  if (!isRead && operation.method !== 'POST') throw new AppError('METHOD_NOT_ALLOWED');
  const inUrl = isRead ? parseCallUrl(query) : { url: parseRowsUrl(query), arguments: [] };
  const body = parseCallBody(operation.body ?? '');
  checkPage(inUrl.url);
  return (opened, resolve) => {
    const given = inUrl.arguments.map((one) => ({ ...one, value: resolveText(one.value, resolve) }));
    const url = resolveQuery({ ...inUrl.url, limit: inUrl.url.limit ?? MAX_ROWS + 1 }, resolve);
    const asked = {
      name,
      arguments: isRead ? callBodyOf(given) : { ...body, json: resolveBody(body.json, resolve) },
      url,
      preferences,
      isRead,
      shape: 'list' as const,
      isTabular: false,
      stripsNulls: false,
      content: [],
      method: operation.method,
      path: urlOf(call, 'rpc', name),
      signal: undefined,
    };
    const plan = planCalled(asked, opened);
    return {
      statements: [plan.statement],
      take([row]) {
        const called = calledIn(asked, plan, row);
        checkCount(called.length);
        return doneOf(answerToCall(called, { url, preferences, representation: JSON_ROWS }));
      },
    };
  };
}

export function stepOf(call: Call, operation: Operation): Step {
  const { isCall, name, query } = partsOf(operation.path);
  const preferences = parsePreferences(operation.prefer);
  if (preferences.isolation)
    throw new AppError('INVALID_PREFERENCE', { message: 'The isolation is one of the whole batch' });
  const read = { call, operation, name, query, preferences };
  if (operation.method === 'GET') authorize({ permission: 'rows:read', capability: 'postgres' }, call.caller);
  if (isCall) return calling(read);
  return operation.method === 'GET' ? reading(read) : changing(read, CHANGES[operation.method]);
}
