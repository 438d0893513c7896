import { procedure, router } from '../procedure.ts';
import { INSERT, LIST, REMOVE, UPDATE, UPSERT } from './rows.document.ts';
import {
  insertRows,
  listedRows,
  listRows,
  removeRows,
  updateRows,
  upsertRow,
  writtenRows,
} from './rows.schema.ts';

/** What a function of the workspace says by raising it, wherever one is called: in a view, a policy, a trigger. */
const RAISED = [
  'RAISED_BY_FUNCTION',
  'NOT_FOUND',
  'CONFLICT',
  'PRECONDITION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'BUSINESS_RULE_VIOLATED',
] as const;

export const READ_ERRORS = [
  'TABLE_NOT_FOUND',
  'ROW_NOT_FOUND',
  'NOT_SINGULAR',
  'INVALID_SELECT',
  'INVALID_FILTER',
  'INVALID_ORDER',
  'INVALID_RANGE',
  'INVALID_PREFERENCE',
  'INVALID_VALUE',
  'INVALID_PATTERN',
  'COLUMN_NOT_FOUND',
  'RELATIONSHIP_NOT_FOUND',
  'RELATIONSHIP_AMBIGUOUS',
  'TOO_COMPLEX',
  'STATEMENT_TIMEOUT',
  'READ_ONLY',
  ...RAISED,
] as const;

export const WRITE_ERRORS = [
  ...READ_ERRORS,
  'UNIQUE_VIOLATION',
  'FOREIGN_KEY_VIOLATION',
  'EXCLUSION_VIOLATION',
  'CONSTRAINT_VIOLATION',
  'SERIALIZATION_FAILURE',
  'LOCKED',
] as const;

export const GUARDED_ERRORS = ['FILTER_REQUIRED', 'MAX_AFFECTED_EXCEEDED'] as const;

const PATH = '/v1/postgres/{workspaceId}/rows/{table}';

export const rowsRouter = router({
  list: procedure
    .meta({
      summary: 'Query rows',
      description:
        "Rows of a table or view, in PostgREST's grammar: filters, order, related tables, aggregates.",
      permission: 'rows:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: PATH, dialect: 'platform', native: LIST }],
      errors: [...READ_ERRORS, 'RANGE_NOT_SATISFIABLE'],
    })
    .input(listRows)
    .output(listedRows)
    .query(({ ctx, input, signal }) => ctx.rows.list(ctx.call, input, signal)),

  insert: procedure
    .meta({
      summary: 'Insert rows',
      description:
        'All of them or none; with `on_conflict` or a resolution, rows that are there already are merged or left alone.',
      permission: 'rows:write',
      capability: 'postgres',
      rest: [{ method: 'POST', path: PATH, dialect: 'platform', status: 201, native: INSERT }],
      errors: [...WRITE_ERRORS, 'MAX_AFFECTED_EXCEEDED', 'REQUEST_TIMEOUT'],
    })
    .input(insertRows)
    .output(writtenRows)
    .mutation(({ ctx, input, signal }) => ctx.rows.insert(ctx.call, input, signal)),

  update: procedure
    .meta({
      summary: 'Update rows',
      description:
        'Every row that the filters find; without a filter nothing is done, unless `X-Allow-Full-Table` names the table.',
      permission: 'rows:write',
      capability: 'postgres',
      rest: [{ method: 'PATCH', path: PATH, dialect: 'platform', native: UPDATE }],
      errors: [...WRITE_ERRORS, ...GUARDED_ERRORS],
    })
    .input(updateRows)
    .output(writtenRows)
    .mutation(({ ctx, input, signal }) => ctx.rows.update(ctx.call, input, signal)),

  upsert: procedure
    .meta({
      summary: 'Put a row',
      description: 'Makes the row of this primary key what the body says, whether it was there or not.',
      permission: 'rows:write',
      capability: 'postgres',
      rest: [{ method: 'PUT', path: PATH, dialect: 'platform', native: UPSERT }],
      errors: [...WRITE_ERRORS, 'MAX_AFFECTED_EXCEEDED'],
    })
    .input(upsertRow)
    .output(writtenRows)
    .mutation(({ ctx, input, signal }) => ctx.rows.upsert(ctx.call, input, signal)),

  remove: procedure
    .meta({
      summary: 'Delete rows',
      description:
        'Every row that the filters find; without a filter nothing is done, unless `X-Allow-Full-Table` names the table.',
      permission: 'rows:write',
      capability: 'postgres',
      rest: [{ method: 'DELETE', path: PATH, dialect: 'platform', native: REMOVE }],
      errors: [...WRITE_ERRORS, ...GUARDED_ERRORS],
    })
    .input(removeRows)
    .output(writtenRows)
    .mutation(({ ctx, input, signal }) => ctx.rows.remove(ctx.call, input, signal)),
});
