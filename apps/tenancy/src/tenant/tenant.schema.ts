import { displayName, idSchema, ifMatch, PLAN_NAMES, pageOf, pageQuery } from '@plinth/contracts';
import { z } from 'zod';
import { lifecycleFields, showDeleted, slug } from '../resource.schema.ts';

const plan = z.enum(PLAN_NAMES);
const STATUSES = ['active', 'suspended', 'deleted'] as const;

const fields = {
  slug: slug.meta({ description: 'Its short name, unique in the organization.', example: 'acme-corp' }),
  displayName: displayName.meta({ description: 'Its name, for people.', example: 'Acme Corporation' }),
  plan: plan.meta({ description: 'What it may use, and how much.', example: 'starter' }),
  adminEmail: z.email().max(254).meta({
    description: 'Who administers the tenant on the customer’s side.',
    example: 'admin@acme.example.com',
  }),
};

const id = idSchema('tenant').meta({ description: 'The tenant.', example: 'tnt_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' });

export const tenant = z
  .object({
    id,
    organizationId: z
      .string()
      .meta({ description: 'The organization it belongs to.', example: 'org_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }),
    ...fields,
    status: z.enum(STATUSES).meta({ description: 'Whether it can be used.', example: 'active' }),
    ...lifecycleFields,
  })
  .meta({ id: 'Tenant', description: 'A customer: it has a plan, and workspaces.' });

export const tenantPage = pageOf(tenant).meta({ id: 'TenantPage', description: 'A page of tenants.' });

export const createTenant = z.strictObject({ ...fields, plan: fields.plan.default('free') });

export const listTenants = z.strictObject({
  status: z.enum(STATUSES).optional().meta({ description: 'Only those of this status.' }),
  plan: plan.optional().meta({ description: 'Only those on this plan.' }),
  showDeleted,
  ...pageQuery,
});

export const tenantById = z.strictObject({ tenantId: id });

export const changeTenant = z.strictObject({ tenantId: id, ifMatch });

export const updateTenant = z.strictObject({
  tenantId: id,
  ifMatch,
  displayName: fields.displayName.optional(),
  plan: fields.plan.optional(),
  adminEmail: fields.adminEmail.optional(),
  status: z
    .enum(['active', 'suspended'])
    .optional()
    .meta({ description: 'Suspend or resume it.', example: 'active' }),
});

export type Tenant = z.output<typeof tenant>;
export type CreateTenant = z.output<typeof createTenant>;
export type ListTenants = z.output<typeof listTenants>;
/** With what the caller's credential is narrowed or limited to. */
export type TenantFilter = Omit<ListTenants, 'limit' | 'cursor'> & {
  tenantId: string | undefined;
  reached: readonly string[] | undefined;
};
export type ChangeTenant = z.output<typeof changeTenant>;
export type UpdateTenant = z.output<typeof updateTenant>;
