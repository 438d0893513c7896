import type { Preferences } from '../request/ast.ts';
import type { Statement } from './statement.ts';

// What a request runs under, said to Postgres by the first statement of its transaction and gone with its end. Each setting
// is said every time: a function of the workspace may have changed one for the session.

export interface RequestContext {
  /** The role of the database that the request has become, or `none` for the login itself. */
  role: string;
  /** What policies ask for as `request.jwt.claims`: JSON. */
  claims: string;
  isReadOnly: boolean;
  statementTimeoutMs: number;
  lockTimeoutMs: number;
  isolation?: Preferences['isolation'];
  method: string;
  path: string;
  correlationId: string;
}

const NAMES = [
  'role',
  'request.jwt.claims',
  'transaction_read_only',
  'statement_timeout',
  'lock_timeout',
  'request.method',
  'request.path',
  'request.correlation_id',
] as const;

// Counting their nulls makes one short column of them: what was set has not to come back.
const TEXT = `select pg_catalog.num_nulls(${NAMES.map((name, index) => `pg_catalog.set_config('${name}', $${index + 1}, true)`).join(', ')})`;

export function settingsOf(context: RequestContext): Statement {
  return {
    text: TEXT,
    values: [
      context.role,
      context.claims,
      context.isReadOnly ? 'on' : 'off',
      String(context.statementTimeoutMs),
      String(context.lockTimeoutMs),
      context.method,
      context.path,
      context.correlationId,
    ],
  };
}

const BEGIN = {
  'read-committed': 'begin isolation level read committed',
  'repeatable-read': 'begin isolation level repeatable read',
  serializable: 'begin isolation level serializable',
} as const;

export const beginOf = (context: Pick<RequestContext, 'isolation'> | undefined): Statement => ({
  text: BEGIN[context?.isolation ?? 'read-committed'],
  values: [],
});
export const COMMIT: Statement = { text: 'commit', values: [] };
export const ROLLBACK: Statement = { text: 'rollback', values: [] };
