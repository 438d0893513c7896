import { procedure, router } from '../procedure.ts';
import { getLimits, limits } from './limits.schema.ts';
import { limitsFor } from './limits.ts';
import { getMe, me, signedOut, signOut } from './me.schema.ts';

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

  signOut: procedure
    .meta({
      summary: 'Sign out everywhere',
      description:
        'Ends every sign-in of the caller, on all devices: the next request with a token from before is refused, and so is its refresh token. API keys go on.',
      permission: 'signedIn',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'POST', path: '/v1/me/sign-out', dialect: 'platform' }],
      errors: ['BUSINESS_RULE_VIOLATED', 'AUTH_UNAVAILABLE'],
    })
    .input(signOut)
    .output(signedOut)
    .mutation(({ ctx }) => ctx.signOut(ctx.call)),

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
