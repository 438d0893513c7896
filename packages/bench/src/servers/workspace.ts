import { displayName, etag, idSchema, timestamps, WORKSPACE_CAPABILITIES } from '@plinth/contracts';
import { z } from 'zod';

// What every stand-in answers: a workspace, as tenancy would.

const id = idSchema('workspace').meta({ description: 'The workspace.' });

export const workspaceById = z.strictObject({ workspaceId: id });

export const workspace = z
  .object({
    id,
    tenantId: idSchema('tenant').meta({ description: 'The tenant.' }),
    slug: z.string().min(2).max(63).meta({ description: 'Its short name.', example: 'dev-environment' }),
    displayName: displayName.meta({ description: 'Its name.', example: 'Development Environment' }),
    capabilities: z
      .array(z.enum(WORKSPACE_CAPABILITIES))
      .meta({ description: 'What it holds.', example: ['postgres'] }),
    environment: z
      .enum(['production', 'staging', 'development'])
      .meta({ description: 'What it is used for.', example: 'development' }),
    status: z
      .enum(['active', 'suspended', 'deleted'])
      .meta({ description: 'Whether it can be used.', example: 'active' }),
    ...timestamps,
    deletedAt: z.iso.datetime().nullable().meta({ description: 'When it was deleted.', example: null }),
    purgeAt: z.iso.datetime().nullable().meta({ description: 'When it is destroyed.', example: null }),
    etag,
  })
  .meta({ id: 'Workspace', description: 'Where data lives.' });

export const WORKSPACE_ID = 'wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z';
export const WORKSPACE_PATH = `/v1/workspaces/${WORKSPACE_ID}`;

export const WORKSPACE: z.output<typeof workspace> = {
  id: WORKSPACE_ID,
  tenantId: 'tnt_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
  slug: 'dev-environment',
  displayName: 'Development Environment',
  capabilities: ['postgres', 'storage'],
  environment: 'development',
  status: 'active',
  createdAt: '2026-01-01T12:00:00.000Z',
  updatedAt: '2026-01-01T12:00:00.000Z',
  deletedAt: null,
  purgeAt: null,
  etag: '"1"',
};
