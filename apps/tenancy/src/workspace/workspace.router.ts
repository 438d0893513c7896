import { procedure, router } from '../procedure.ts';
import {
  changeWorkspace,
  createWorkspace,
  listWorkspaces,
  updateWorkspace,
  workspace,
  workspaceById,
  workspacePage,
} from './workspace.schema.ts';

export const workspaceRouter = router({
  create: procedure
    .meta({
      summary: 'Create a workspace',
      description:
        'A new place for data within a tenant, with capabilities that the plan of the tenant includes.',
      permission: 'workspaces:write',
      rest: [
        {
          method: 'POST',
          path: '/v1/workspaces',
          dialect: 'platform',
          status: 201,
          location: '/v1/workspaces/{id}',
        },
      ],
      errors: [
        'SLUG_TAKEN',
        'QUOTA_EXCEEDED',
        'PLAN_CAPABILITY_REQUIRED',
        'TENANT_NOT_FOUND',
        'TENANT_SUSPENDED',
        'TENANT_DELETED',
      ],
    })
    .input(createWorkspace)
    .output(workspace)
    .mutation(({ ctx, input }) => ctx.workspaces.create(ctx.call, input)),

  list: procedure
    .meta({
      summary: 'List workspaces',
      description: 'The newest first; where the token names a tenant, those of that tenant only.',
      permission: 'workspaces:read',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'GET', path: '/v1/workspaces', dialect: 'platform' }],
    })
    .input(listWorkspaces)
    .output(workspacePage)
    .query(({ ctx, input }) => ctx.workspaces.list(ctx.call, input)),

  get: procedure
    .meta({
      summary: 'Get a workspace',
      description: 'A deleted workspace is still shown until it is purged.',
      permission: 'workspaces:read',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'GET', path: '/v1/workspaces/{workspaceId}', dialect: 'platform' }],
      errors: ['TENANT_DELETED'],
    })
    .input(workspaceById)
    .output(workspace)
    .query(({ ctx, input }) => ctx.workspaces.get(ctx.call, input.workspaceId)),

  update: procedure
    .meta({
      summary: 'Update a workspace',
      description: 'Changes what is given: the name, the capabilities, the environment, or the status.',
      permission: 'workspaces:write',
      reach: 'filtered',
      rest: [{ method: 'PATCH', path: '/v1/workspaces/{workspaceId}', dialect: 'platform' }],
      errors: ['PLAN_CAPABILITY_REQUIRED', 'TENANT_SUSPENDED', 'TENANT_DELETED'],
    })
    .input(updateWorkspace)
    .output(workspace)
    .mutation(({ ctx, input }) => ctx.workspaces.update(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Delete a workspace',
      description:
        'Its data cannot be reached any more. It can be undeleted for 14 days; then it is destroyed.',
      permission: 'workspaces:write',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'DELETE', path: '/v1/workspaces/{workspaceId}', dialect: 'platform' }],
      errors: ['TENANT_DELETED'],
    })
    .input(changeWorkspace)
    .output(workspace)
    .mutation(({ ctx, input }) => ctx.workspaces.remove(ctx.call, input)),

  undelete: procedure
    .meta({
      summary: 'Undelete a workspace',
      description: 'Brings a deleted workspace back as it was, if the plan still has room for it.',
      permission: 'workspaces:write',
      reach: 'filtered',
      rest: [{ method: 'POST', path: '/v1/workspaces/{workspaceId}/undelete', dialect: 'platform' }],
      errors: [
        'INVALID_STATE',
        'QUOTA_EXCEEDED',
        'PLAN_CAPABILITY_REQUIRED',
        'TENANT_SUSPENDED',
        'TENANT_DELETED',
      ],
    })
    .input(changeWorkspace)
    .output(workspace)
    .mutation(({ ctx, input }) => ctx.workspaces.undelete(ctx.call, input)),
});
