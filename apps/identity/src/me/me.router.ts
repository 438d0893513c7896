import { procedure, router } from '../procedure.ts';
import { getLimits, limits } from './limits.schema.ts';
import { limitsFor } from './limits.ts';
import { getMe, me } from './me.schema.ts';

export const meRouter = router({
  get: procedure
    .meta({
      summary: 'Get yourself',
      description: 'Who the credential stands for, its organizations, and its rights in the one in scope.',
      permission: 'signedIn',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'GET', path: '/v1/me', dialect: 'platform' }],
    })
    .input(getMe)
    .output(me)
    .query(({ ctx }) => ctx.me.get(ctx.call)),

  limits: procedure
    .meta({
      summary: 'Get your limits',
      description:
        'Every rate with what is left of it, and the quotas and capabilities of the plan. This request is counted as well.',
      permission: 'signedIn',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'GET', path: '/v1/me/limits', dialect: 'platform' }],
    })
    .input(getLimits)
    .output(limits)
    .query(({ ctx }) => limitsFor(ctx.call)),
});
