import { procedure, router } from '../procedure.ts';
import { tableByName } from '../table/table.schema.ts';
import { changedPolicy, createPolicy, policyPage, removedPolicy, removePolicy } from './policy.schema.ts';

export const policyRouter = router({
  list: procedure
    .meta({
      summary: 'List the policies of a table',
      description: 'The oldest first, all on one page.',
      permission: 'schemas:read',
      capability: 'postgres',
      rest: [
        { method: 'GET', path: '/v1/postgres/{workspaceId}/tables/{table}/policies', dialect: 'platform' },
      ],
      errors: ['TABLE_NOT_FOUND'],
    })
    .input(tableByName)
    .output(policyPage)
    .query(({ ctx, input }) => ctx.policies.list(ctx.call, input)),

  create: procedure
    .meta({
      summary: 'Create a policy',
      description:
        'Says which rows of a table its end users, or API keys, have. It compares columns with constants, with claims of their tokens, and with who they are, and can ask that there is such a row in another table.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [
        {
          method: 'POST',
          path: '/v1/postgres/{workspaceId}/tables/{table}/policies',
          dialect: 'platform',
          status: 201,
        },
      ],
      errors: [
        'TABLE_NOT_FOUND',
        'COLUMN_NOT_FOUND',
        'INVALID_VALUE',
        'BUSINESS_RULE_VIOLATED',
        'CONFLICT',
        'LOCKED',
        'STATEMENT_TIMEOUT',
      ],
    })
    .input(createPolicy)
    .output(changedPolicy)
    .mutation(({ ctx, input }) => ctx.policies.create(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Drop a policy',
      description: 'What it allowed is no longer allowed; what it took away comes back.',
      permission: 'schemas:write',
      capability: 'postgres',
      rest: [
        {
          method: 'DELETE',
          path: '/v1/postgres/{workspaceId}/tables/{table}/policies/{policy}',
          dialect: 'platform',
        },
      ],
      errors: ['TABLE_NOT_FOUND', 'POLICY_NOT_FOUND', 'CONFLICT', 'LOCKED', 'STATEMENT_TIMEOUT'],
    })
    .input(removePolicy)
    .output(removedPolicy)
    .mutation(({ ctx, input }) => ctx.policies.remove(ctx.call, input)),
});
