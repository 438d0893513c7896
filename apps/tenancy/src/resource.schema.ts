import { etag, timestamps } from '@plinth/contracts';
import { z } from 'zod';

// What tenants and workspaces have in common on the wire.

export const slug = z
  .string()
  .min(2)
  .max(63)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and inner hyphens');

export const showDeleted = z
  .boolean()
  .default(false)
  .meta({ description: 'Whether the deleted ones are listed too.', example: false });

export const lifecycleFields = {
  ...timestamps,
  deletedAt: z.iso.datetime().nullable().meta({ description: 'When it was deleted.', example: null }),
  purgeAt: z.iso.datetime().nullable().meta({
    description: 'When a deleted one is destroyed for good; until then it can be undeleted.',
    example: null,
  }),
  etag,
};
