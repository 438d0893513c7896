import { displayName, idSchema, ifMatch, pageOf, pageQuery, WORKSPACE_CAPABILITIES } from '@plinth/contracts';
import { z } from 'zod';
import { lifecycleFields, showDeleted, slug } from '../resource.schema.ts';

const STATUSES = ['active', 'suspended', 'deleted'] as const;
const ENVIRONMENTS = ['production', 'staging', 'development'] as const;

const id = idSchema('workspace').meta({
  description: 'The workspace.',
  example: 'wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
});
const tenantId = idSchema('tenant').meta({
  description: 'The tenant.',
  example: 'tnt_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
});

const capabilities = z
  .array(z.enum(WORKSPACE_CAPABILITIES))
  .max(WORKSPACE_CAPABILITIES.length)
  .refine((list) => new Set(list).size === list.length, 'names a capability twice')
  .meta({ uniqueItems: true });

const fields = {
  slug: slug.meta({ description: 'Its short name, unique in the tenant.', example: 'dev-environment' }),
  displayName: displayName.meta({ description: 'Its name, for people.', example: 'Development Environment' }),
  capabilities: capabilities.meta({
    description: 'What it holds; the plan of its tenant says what can be chosen.',
    example: ['postgres', 'mongo', 'kafka', 'storage'],
  }),
  environment: z.enum(ENVIRONMENTS).meta({ description: 'What it is used for.', example: 'development' }),
};

export const workspace = z
  .object({
    id,
    tenantId,
    ...fields,
    status: z.enum(STATUSES).meta({ description: 'Whether it can be used.', example: 'active' }),
    ...lifecycleFields,
  })
  .meta({ id: 'Workspace', description: 'Where data lives; it belongs to one tenant.' });

export const workspacePage = pageOf(workspace).meta({
  id: 'WorkspacePage',
  description: 'A page of workspaces.',
});

export const createWorkspace = z.strictObject({
  tenantId,
  ...fields,
  capabilities: fields.capabilities.default([]),
  environment: fields.environment.default('development'),
});

export const listWorkspaces = z.strictObject({
  tenantId: tenantId.optional().meta({ description: 'Only those of this tenant.' }),
  status: z.enum(STATUSES).optional().meta({ description: 'Only those of this status.' }),
  environment: z.enum(ENVIRONMENTS).optional().meta({ description: 'Only those that are used for this.' }),
  showDeleted,
  ...pageQuery,
});

export const workspaceById = z.strictObject({ workspaceId: id });

export const changeWorkspace = z.strictObject({ workspaceId: id, ifMatch });

export const updateWorkspace = z.strictObject({
  workspaceId: id,
  ifMatch,
  displayName: fields.displayName.optional(),
  capabilities: fields.capabilities.optional(),
  environment: fields.environment.optional(),
  status: z
    .enum(['active', 'suspended'])
    .optional()
    .meta({ description: 'Suspend or resume it.', example: 'active' }),
});

export type Workspace = z.output<typeof workspace>;
export type CreateWorkspace = z.output<typeof createWorkspace>;
export type ListWorkspaces = z.output<typeof listWorkspaces>;
/** With what the caller's credential is narrowed or limited to. */
export type WorkspaceFilter = Omit<ListWorkspaces, 'limit' | 'cursor'> & {
  workspaceId: string | undefined;
  reached: readonly string[] | undefined;
};
export type ChangeWorkspace = z.output<typeof changeWorkspace>;
export type UpdateWorkspace = z.output<typeof updateWorkspace>;
