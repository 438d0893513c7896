import { procedure, router } from '../procedure.ts';
import {
  changeTenant,
  createTenant,
  listTenants,
  tenant,
  tenantById,
  tenantPage,
  updateTenant,
} from './tenant.schema.ts';

const ORGANIZATION_TENANTS = '/api/v1/organizations/{org_id}/tenants';

export const tenantRouter = router({
  create: procedure
    .meta({
      summary: 'Create a tenant',
      description: 'A new customer of the organization, on the plan that is named.',
      permission: 'tenants:write',
      rest: [
        {
          method: 'POST',
          path: '/v1/tenants',
          dialect: 'platform',
          status: 201,
          location: '/v1/tenants/{id}',
        },
      ],
      errors: ['SLUG_TAKEN', 'QUOTA_EXCEEDED'],
    })
    .input(createTenant)
    .output(tenant)
    .mutation(({ ctx, input }) => ctx.tenants.create(ctx.call, input)),

  list: procedure
    .meta({
      summary: 'List tenants',
      description: 'The newest first. Deleted ones are listed when they are asked for.',
      permission: 'tenants:read',
      reach: 'filtered',
      allowSuspended: true,
      rest: [
        { method: 'GET', path: '/v1/tenants', dialect: 'platform' },
        { method: 'GET', path: ORGANIZATION_TENANTS, dialect: 'organization' },
      ],
    })
    .input(listTenants)
    .output(tenantPage)
    .query(({ ctx, input }) => ctx.tenants.list(ctx.call, input)),

  get: procedure
    .meta({
      summary: 'Get a tenant',
      description: 'A deleted tenant is still shown until it is purged.',
      permission: 'tenants:read',
      allowSuspended: true,
      rest: [
        { method: 'GET', path: '/v1/tenants/{tenantId}', dialect: 'platform' },
        { method: 'GET', path: `${ORGANIZATION_TENANTS}/{tenant_id}`, dialect: 'organization' },
      ],
    })
    .input(tenantById)
    .output(tenant)
    .query(({ ctx, input }) => ctx.tenants.get(ctx.call, input.tenantId)),

  update: procedure
    .meta({
      summary: 'Update a tenant',
      description: 'Changes what is given: the name, the plan, the administrator, or the status.',
      permission: 'tenants:write',
      allowSuspended: true,
      rest: [{ method: 'PATCH', path: '/v1/tenants/{tenantId}', dialect: 'platform' }],
      errors: ['PLAN_DOWNGRADE_BLOCKED'],
    })
    .input(updateTenant)
    .output(tenant)
    .mutation(({ ctx, input }) => ctx.tenants.update(ctx.call, input)),

  remove: procedure
    .meta({
      summary: 'Delete a tenant',
      description:
        'Nothing of it can be used any more. It can be undeleted for 30 days; then it is destroyed.',
      permission: 'tenants:write',
      allowSuspended: true,
      rest: [{ method: 'DELETE', path: '/v1/tenants/{tenantId}', dialect: 'platform' }],
    })
    .input(changeTenant)
    .output(tenant)
    .mutation(({ ctx, input }) => ctx.tenants.remove(ctx.call, input)),

  undelete: procedure
    .meta({
      summary: 'Undelete a tenant',
      description: 'Brings a deleted tenant back as it was, its workspaces with it.',
      permission: 'tenants:write',
      allowSuspended: true,
      rest: [{ method: 'POST', path: '/v1/tenants/{tenantId}/undelete', dialect: 'platform' }],
      errors: ['INVALID_STATE', 'QUOTA_EXCEEDED'],
    })
    .input(changeTenant)
    .output(tenant)
    .mutation(({ ctx, input }) => ctx.tenants.undelete(ctx.call, input)),
});
