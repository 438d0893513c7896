import { procedure, router } from '../procedure.ts';
import { getSignupPolicy, refreshRequest, signupPolicy, tokenRequest, tokens } from './auth.schema.ts';

const OAUTH_ERRORS = [
  'INVALID_REQUEST',
  'INVALID_SCOPE',
  'UNAUTHORIZED_CLIENT',
  'INVALID_CLIENT',
  'INVALID_GRANT',
  'AUTH_UNAVAILABLE',
] as const;

const CLIENT_NOTE =
  'A confidential client sends `client_id` and `client_secret` in the body: the `Authorization` header is not read here.';

export const authRouter = router({
  token: procedure
    .meta({
      summary: 'Sign in for tokens',
      description: `OAuth's token endpoint, in JSON or as a form. Each grant type has its own fields, named below. A refusal keeps OAuth's code in \`details.error\`, and says the same of a wrong password as of an account that is not there. ${CLIENT_NOTE}`,
      permission: 'anonymous',
      rest: [{ method: 'POST', path: '/v1/auth/token', dialect: 'platform', form: true, noStore: true }],
      errors: ['UNSUPPORTED_GRANT_TYPE', ...OAUTH_ERRORS],
    })
    .input(tokenRequest)
    .output(tokens)
    .mutation(({ ctx, input }) => ctx.auth.token(ctx.call, input)),

  refresh: procedure
    .meta({
      summary: 'Refresh an access token',
      description: `The grant type \`refresh_token\` of \`POST /v1/auth/token\`, on a route of its own. ${CLIENT_NOTE}`,
      permission: 'anonymous',
      rest: [{ method: 'POST', path: '/v1/auth/refresh', dialect: 'platform', form: true, noStore: true }],
      errors: OAUTH_ERRORS,
    })
    .input(refreshRequest)
    .output(tokens)
    .mutation(({ ctx, input }) => ctx.auth.token(ctx.call, { ...input, grant_type: 'refresh_token' })),

  signupPolicy: procedure
    .meta({
      summary: 'Get the sign-up policy',
      description: 'What a sign-in screen needs to know of this installation before anybody has signed in.',
      permission: 'anonymous',
      rest: [{ method: 'GET', path: '/v1/auth/signups/policy', dialect: 'platform' }],
    })
    .input(getSignupPolicy)
    .output(signupPolicy)
    .query(({ ctx }) => ctx.auth.signupPolicy()),
});
