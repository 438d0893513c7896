import { API_VERSIONS, DEGRADED_MODES, documentPathOf, NEWEST_VERSION } from '@plinth/contracts';
import { z } from 'zod';

const state = z.enum(['ok', 'degraded', 'down']);

const dependency = z.object({
  name: z.string().meta({
    description: 'A service, or what a service stands on, as `service.part`.',
    example: 'tenancy.postgres',
  }),
  status: state.meta({ description: 'How it is.', example: 'ok' }),
  backend: z
    .string()
    .optional()
    .meta({ description: 'What stands behind it, where there is a choice.', example: 'embedded-postgres' }),
  affects: z.string().optional().meta({
    description: 'What does not work, or not as well, while it is like this.',
    example: DEGRADED_MODES['identity.identityProvider'].affects,
  }),
  stillWorks: z.string().optional().meta({
    description: 'What goes on meanwhile.',
    example: DEGRADED_MODES['identity.identityProvider'].stillWorks,
  }),
});

export const healthSchema = z.object({
  status: z
    .enum(['ok', 'degraded'])
    .meta({ description: '`degraded` while anything below is not `ok`.', example: 'ok' }),
  timestamp: z.iso
    .datetime()
    .meta({ description: 'When this was found out.', example: '2026-01-15T10:00:00.000Z' }),
  dependencies: z.array(dependency).meta({ description: 'What the platform is made of.' }),
});

const dayOrNull = z.iso.date().nullable();

const version = z.object({
  date: z.string().meta({ description: 'The version.', example: NEWEST_VERSION }),
  status: z.enum(['current', 'supported', 'deprecated', 'retired']).meta({
    description: '`current` is the newest; `deprecated` is served until its sunset, `retired` no more.',
    example: 'current',
  }),
  deprecatedSince: dayOrNull.meta({ description: 'The day from which it is deprecated.', example: null }),
  sunset: dayOrNull.meta({ description: 'The day from which it is answered with 410.', example: null }),
  document: z
    .string()
    .meta({ description: 'Where its document is.', example: documentPathOf(NEWEST_VERSION) }),
});

export const infoSchema = z.object({
  name: z.literal('plinth').meta({ description: 'The name of the platform.', example: 'plinth' }),
  version: z.string().meta({ description: 'The version of the software.', example: '0.1.0' }),
  apiVersions: z
    .array(z.string())
    .meta({ description: 'The API versions served, oldest first.', example: [...API_VERSIONS] }),
  newestApiVersion: z
    .string()
    .meta({ description: 'What a request without a version gets.', example: NEWEST_VERSION }),
  versions: z.array(version).meta({ description: 'How each of them stands, oldest first.' }),
  backends: z.record(z.string(), z.string()).meta({
    description: 'What stands behind each part that has a choice.',
    example: { 'tenancy.postgres': 'embedded-postgres' },
  }),
});

export type State = z.infer<typeof state>;
export type Dependency = z.infer<typeof dependency>;
