import { procedure, router } from '../procedure.ts';
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
});
