import { PLAN_CAPABILITIES, PLAN_NAMES } from '@plinth/contracts';
import { z } from 'zod';

const rate = z
  .object({
    policy: z.string().meta({ description: 'Its name in the `RateLimit` headers.', example: 'principal' }),
    quota: z.number().int().meta({ description: 'Requests in a window.', example: 600 }),
    windowSeconds: z.number().int().meta({ description: 'How long a window is.', example: 60 }),
    remaining: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Requests left after this one; null where none is counted.', example: 599 }),
    resetSeconds: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Seconds until there are more; null where none is counted.', example: 1 }),
  })
  .meta({ id: 'OwnRate', description: 'How many requests may be sent, and are left.' });

const quota = z
  .object({
    name: z.enum(['tenants', 'workspaces']).meta({ description: 'What is limited.', example: 'workspaces' }),
    limit: z.number().int().meta({ description: 'How many there may be.', example: 10 }),
    of: z
      .enum(['organization', 'tenant'])
      .meta({ description: 'In which they are counted.', example: 'tenant' }),
  })
  .meta({ id: 'OwnQuota', description: 'How many of something there may be.' });

const capability = z
  .object({
    name: z.enum(PLAN_CAPABILITIES).meta({ description: 'The capability.', example: 'identity' }),
    isIncluded: z.boolean().meta({ description: 'Whether the plan has it.', example: false }),
    plansWithIt: z
      .array(z.enum(PLAN_NAMES))
      .meta({ description: 'The plans that have it.', example: ['pro', 'enterprise'] }),
  })
  .meta({ id: 'OwnCapability', description: 'What a plan may include.' });

export const getLimits = z.strictObject({});

export const limits = z
  .object({
    plan: z
      .enum(PLAN_NAMES)
      .nullable()
      .meta({ description: 'The plan of the tenant in scope; null where none is.', example: 'starter' }),
    rates: z.array(rate).meta({ description: 'All of them hold for each request.' }),
    quotas: z.array(quota).meta({ description: 'Of the organization and the tenant in scope.' }),
    capabilities: z
      .array(capability)
      .meta({ description: 'Every one that there is; none where no plan is in scope.' }),
  })
  .meta({ id: 'MyLimits', description: 'How much the caller may do, and how much of it is left.' });

export type Limits = z.output<typeof limits>;
