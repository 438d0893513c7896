import { z } from 'zod';

// What tenants and workspaces have in common on the wire.

export const slug = z
  .string()
  .min(2)
  .max(63)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and inner hyphens');

export const displayName = z.string().trim().min(1).max(120);

export const ifMatch = z.string().min(1).max(200).optional().meta({
  description: 'The `etag` that was read: the change is refused if the resource has changed since.',
});

export const showDeleted = z
  .boolean()
  .default(false)
  .meta({ description: 'Whether the deleted ones are listed too.', example: false });

export const lifecycleFields = {
  createdAt: z.iso
    .datetime()
    .meta({ description: 'When it was created.', example: '2026-01-15T10:00:00.000000Z' }),
  updatedAt: z.iso
    .datetime()
    .meta({ description: 'When it was last changed.', example: '2026-01-15T10:00:00.000000Z' }),
  deletedAt: z.iso.datetime().nullable().meta({ description: 'When it was deleted.', example: null }),
  purgeAt: z.iso.datetime().nullable().meta({
    description: 'When a deleted one is destroyed for good; until then it can be undeleted.',
    example: null,
  }),
  etag: z.string().meta({ description: 'Changes with every change; give it as `If-Match`.', example: '"1"' }),
};
