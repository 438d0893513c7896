import {
  AppError,
  deprecation,
  idSchema,
  type Patience,
  pageOf,
  pageQuery,
  secretState,
} from '@plinth/contracts';
import { z } from 'zod';
import { initService } from '../procedure.ts';

// A small service that has one of everything: each dialect, each kind of field, each kind of answer.

export interface FixtureServices {
  /** What a procedure was called with, and what it does next. */
  seen: { input?: unknown; patience?: Patience | undefined; signal?: AbortSignal | undefined };
  act: () => Promise<unknown> | unknown;
}

const { router, procedure, internalProcedure } = initService<FixtureServices>();

const id = idSchema('workspace').meta({ description: 'The thing.' });

const fields = {
  displayName: z.string().min(1).max(40).meta({ description: 'Its name.', example: 'A thing' }),
  itemLimit: z.number().int().default(3).meta({ description: 'How many.', example: 3 }),
  userSettings: z
    .record(z.string(), z.json())
    .optional()
    .meta({ description: 'Whatever the user keeps here.', example: { pageSize: 20, 'my-key': null } }),
  accessRules: z
    .array(z.strictObject({ ruleName: z.string().meta({ description: 'Its name.', example: 'all' }) }))
    .optional()
    .meta({ description: 'Its rules.' }),
};

const thing = z
  .object({
    thingId: id,
    ...fields,
    etag: z.string().meta({ description: 'Its version.', example: '"1"' }),
    deletedAt: z.iso.datetime().nullable().meta({ description: 'When it was deleted.', example: null }),
  })
  .meta({ id: 'Thing', description: 'A thing.' });

const thingPage = pageOf(thing).meta({ id: 'ThingPage', description: 'A page of things.' });

const thingList = z
  .object({
    allThings: z.array(thing).meta({ description: 'The things.' }),
    pagination: z
      .object({
        offset: z.number().int().meta({ description: 'Where it begins.', example: 0 }),
        limit: z.number().int().meta({ description: 'How many at most.', example: 20 }),
        total: z.number().int().meta({ description: 'How many there are.', example: 1 }),
      })
      .meta({ description: 'Where this page stands.' }),
  })
  .meta({ id: 'ThingList', description: 'Things by offset.' });

export const A_THING: z.output<typeof thing> = {
  thingId: 'wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
  displayName: 'A thing',
  itemLimit: 3,
  userSettings: { pageSize: 20, snake_key: 1, nested: { camelCase: true } },
  accessRules: [{ ruleName: 'all' }],
  etag: '"1"',
  deletedAt: null,
};

const isDone = z.strictObject({
  done: z.boolean().meta({ description: 'Whether it is done.', example: true }),
});
const done = isDone.meta({ id: 'Done', description: 'The end.' });

const thingSecret = z
  .object({
    signingSecret: z.string().nullable().meta({ description: 'Shown once.', example: 'whsec_1' }),
    secretState,
  })
  .meta({ id: 'ThingSecret', description: 'What a thing signs with.' });

const THINGS = '/api/v1/organizations/{org_id}/things';

const thingRouter = router({
  create: procedure
    .meta({
      summary: 'Create a thing',
      description: 'A new thing.',
      permission: 'workspaces:write',
      rest: [
        {
          method: 'POST',
          path: '/v1/things',
          dialect: 'platform',
          status: 201,
          location: '/v1/things/{thingId}',
        },
        { method: 'POST', path: THINGS, dialect: 'organization', status: 201 },
        { method: 'POST', path: '/api/v1/deployments/things', dialect: 'deployments', status: 201 },
      ],
      errors: ['SLUG_TAKEN'],
    })
    .input(z.strictObject(fields))
    .output(thing)
    .mutation(async ({ ctx, input }) => {
      ctx.seen.input = input;
      ctx.seen.patience = ctx.call.patience;
      await ctx.act();
      return { ...A_THING, ...input };
    }),

  sign: procedure
    .meta({
      summary: 'Make a secret of a thing',
      permission: 'workspaces:write',
      rest: [
        { method: 'POST', path: '/v1/things/secrets', dialect: 'platform', status: 201 },
        { method: 'POST', path: `${THINGS}/secrets`, dialect: 'organization', status: 201 },
      ],
    })
    .input(z.strictObject({}))
    .output(thingSecret)
    .mutation(async ({ ctx }) => thingSecret.parse(await ctx.act())),

  get: procedure
    .meta({
      summary: 'Get a thing',
      permission: 'workspaces:read',
      allowSuspended: true,
      rest: [
        { method: 'GET', path: '/v1/things/{thingId}', dialect: 'platform' },
        { method: 'GET', path: `${THINGS}/{thing_id}`, dialect: 'organization' },
      ],
    })
    .input(
      z.strictObject({ thingId: z.string().max(200).meta({ description: 'The thing.', example: 'wks_1' }) }),
    )
    .output(thing)
    .query(async ({ ctx, input, signal }) => {
      ctx.seen.input = input;
      ctx.seen.signal = signal;
      await ctx.act();
      return A_THING;
    }),

  list: procedure
    .meta({
      summary: 'List things',
      permission: 'workspaces:read',
      rest: [
        { method: 'GET', path: '/v1/things', dialect: 'platform' },
        { method: 'GET', path: THINGS, dialect: 'organization' },
      ],
    })
    .input(
      z.strictObject({
        showDeleted: z.boolean().default(false).meta({ description: 'Deleted ones too.', example: false }),
        ...pageQuery,
      }),
    )
    .output(thingPage)
    .query(async ({ ctx, input }) => {
      ctx.seen.input = input;
      await ctx.act();
      return { data: [A_THING], pagination: { nextCursor: 'next', hasMore: true } };
    }),

  offsets: procedure
    .meta({
      summary: 'List things by offset',
      permission: 'workspaces:read',
      rest: [{ method: 'GET', path: '/api/v1/deployments/things', dialect: 'deployments' }],
    })
    .input(
      z.strictObject({
        offset: z.number().int().min(0).default(0).meta({ description: 'Where to begin.', example: 0 }),
        limit: z.number().int().max(100).default(20).meta({ description: 'How many.', example: 20 }),
      }),
    )
    .output(thingList)
    .query(({ ctx, input }) => {
      ctx.seen.input = input;
      return { allThings: [A_THING], pagination: { ...input, total: 1 } };
    }),

  update: procedure
    .meta({
      summary: 'Update a thing',
      permission: 'workspaces:write',
      capability: 'postgres',
      rest: [{ method: 'PATCH', path: '/v1/things/{thingId}/versions/{version}', dialect: 'platform' }],
    })
    .input(
      z.strictObject({
        thingId: id,
        version: z.number().int().meta({ description: 'Which one.', example: 1 }),
        ifMatch: z.string().optional().meta({ description: 'The etag that was read.' }),
        displayName: fields.displayName.optional(),
        itemLimit: z.number().int().optional().meta({ description: 'How many.', example: 3 }),
      }),
    )
    .output(thing)
    .mutation(({ ctx, input }) => {
      ctx.seen.input = input;
      return A_THING;
    }),

  remove: procedure
    .meta({
      summary: 'Delete a thing',
      permission: 'workspaces:write',
      rest: [{ method: 'DELETE', path: '/v1/things/{thingId}', dialect: 'platform', status: 204 }],
    })
    .input(z.strictObject({ thingId: id }))
    .mutation(async ({ ctx, input }) => {
      ctx.seen.input = input;
      await ctx.act();
    }),

  former: procedure
    .meta({
      summary: 'Do it the former way',
      permission: 'signedIn',
      deprecated: { ...deprecation('2026-01-01', '2999-01-01'), successor: '/v1/things/once' },
      rest: [{ method: 'GET', path: '/v1/things/former', dialect: 'platform' }],
    })
    .input(z.strictObject({}))
    .output(done)
    .query(() => ({ done: true })),

  bygone: procedure
    .meta({
      summary: 'Do it no more',
      permission: 'signedIn',
      deprecated: { ...deprecation('2024-01-01', '2025-01-01'), successor: '/v1/things/once' },
      rest: [{ method: 'GET', path: '/v1/things/bygone', dialect: 'platform' }],
    })
    .input(z.strictObject({}))
    .output(done)
    .query(() => ({ done: true })),

  replay: procedure
    .meta({
      summary: 'Do it once',
      permission: 'signedIn',
      rest: [{ method: 'POST', path: '/v1/things/once', dialect: 'platform' }],
    })
    .input(z.strictObject({}))
    .output(done)
    .mutation(({ ctx }) => {
      ctx.call.replay = {
        requestId: 'corr-of-the-first',
        expiresAt: new Date('2026-01-02T00:00:00Z'),
        isCurrent: false,
      };
      return { done: true };
    }),
});

const tokenRouter = router({
  exchange: procedure
    .meta({
      summary: 'Exchange a token',
      permission: 'anonymous',
      rest: [{ method: 'POST', path: '/v1/auth/token', dialect: 'platform', form: true }],
      errors: ['INVALID_GRANT', 'INVALID_REQUEST'],
    })
    .input(
      z.strictObject({
        grant_type: z.literal('password').meta({ description: 'The grant.', example: 'password' }),
        username: z.string().meta({ description: 'Who.', example: 'ann' }),
      }),
    )
    .output(done)
    .mutation(({ ctx, input }) => {
      ctx.seen.input = input;
      return { done: true };
    }),
});

export const FIXTURE_RESOURCES = { thing: 'What there is one of everything of.', token: 'What opens doors.' };

export const fixtureRouter = router({ thing: thingRouter, token: tokenRouter });

export const fixtureInternalRouter = router({
  ping: internalProcedure
    .meta({ summary: 'Ping', permission: 'anonymous', callers: ['gateway'] })
    .input(z.strictObject({ text: z.string() }))
    .output(z.strictObject({ text: z.string(), caller: z.string() }))
    .query(({ ctx, input }) => ({ text: input.text, caller: ctx.call.caller.kind })),
  fail: internalProcedure
    .meta({ summary: 'Fail', permission: 'anonymous', callers: ['gateway'] })
    .mutation(() => {
      throw new AppError('TENANT_DELETED');
    }),
});
