import { procedure, router } from '../procedure.ts';
import { READ_ERRORS, WRITE_ERRORS } from '../rows/rows.router.ts';
import { CALL, READ } from './function.document.ts';
import { callFunction, functionPage, functionResult, listFunctions } from './function.schema.ts';

const PATH = '/v1/postgres/{workspaceId}/rpc/{function}';
/** Where the clients of PostgREST look, whose base is that of the rows. */
const BESIDE_ROWS = '/v1/postgres/{workspaceId}/rows/rpc/{function}';

export const functionRouter = router({
  invoke: procedure
    .meta({
      summary: 'Call a function',
      description:
        'With named arguments. All that it does is done, or nothing; what returns rows of a table can be selected from, filtered and ordered.',
      permission: 'rows:write',
      capability: 'postgres',
      rest: [
        { method: 'POST', path: PATH, dialect: 'platform', native: CALL },
        { method: 'POST', path: BESIDE_ROWS, dialect: 'platform', variant: 'besideRows', native: CALL },
      ],
      errors: [...WRITE_ERRORS, 'MAX_AFFECTED_EXCEEDED', 'FUNCTION_NOT_FOUND'],
    })
    .input(callFunction)
    .output(functionResult)
    .mutation(({ ctx, input, signal }) => ctx.functions.invoke(ctx.call, input, signal)),

  read: procedure
    .meta({
      summary: 'Call a function that only reads',
      description:
        'One that says of itself that it is stable or immutable, in a transaction that can change nothing.',
      permission: 'rows:read',
      capability: 'postgres',
      rest: [
        { method: 'GET', path: PATH, dialect: 'platform', native: READ },
        { method: 'GET', path: BESIDE_ROWS, dialect: 'platform', variant: 'besideRows', native: READ },
      ],
      errors: [...READ_ERRORS, 'RANGE_NOT_SATISFIABLE', 'FUNCTION_NOT_FOUND'],
    })
    .input(callFunction)
    .output(functionResult)
    .query(({ ctx, input, signal }) => ctx.functions.read(ctx.call, input, signal)),

  list: procedure
    .meta({
      summary: 'List functions',
      description: 'Those that the caller may call, with what they take and return, by name.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [{ method: 'GET', path: '/v1/postgres/{workspaceId}/functions', dialect: 'platform' }],
    })
    .input(listFunctions)
    .output(functionPage)
    .query(({ ctx, input }) => ctx.functions.list(ctx.call, input)),
});
