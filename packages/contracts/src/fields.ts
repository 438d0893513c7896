import { z } from 'zod';
import type { Json } from './json.ts';

// What resources of every service have in common on the wire.

export const displayName = z.string().trim().min(1).max(120);

export const ifMatch = z.string().min(1).max(200).optional().meta({
  description: 'The `etag` that was read: the change is refused if the resource has changed since.',
});

export const timestamps = {
  createdAt: z.iso
    .datetime()
    .meta({ description: 'When it was created.', example: '2026-01-15T10:00:00.000000Z' }),
  updatedAt: z.iso
    .datetime()
    .meta({ description: 'When it was last changed.', example: '2026-01-15T10:00:00.000000Z' }),
} as const;

export const etag = z
  .string()
  .meta({ description: 'Changes with every change; give it as `If-Match`.', example: '"1"' });

export const json: z.ZodType<Json, Json> = z.json();
