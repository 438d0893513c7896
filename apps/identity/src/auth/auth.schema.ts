import { z } from 'zod';
import { GRANT_TYPES } from '../provider/provider.ts';

// OAuth's own names in every dialect: whoever speaks OAuth already knows these bodies. An empty value counts as absent,
// as the standard has it.

const clientFields = {
  client_id: z.string().max(255).optional().meta({
    description: 'The OAuth client. Without it, the `clientId` of the sign-up policy.',
    example: 'plinth-console',
  }),
  client_secret: z
    .string()
    .max(1_024)
    .optional()
    .meta({ description: 'The secret of a confidential client.' }),
  scope: z
    .string()
    .max(1_024)
    .optional()
    .meta({ description: 'The scopes that are asked for, with spaces between.', example: 'openid email' }),
};

const refreshToken = z.string().max(16_384);

export const tokenRequest = z.strictObject({
  grant_type: z
    .string()
    .max(100)
    .meta({
      description: `How the caller proves who it is: ${GRANT_TYPES.map((grant) => `\`${grant}\``).join(', ')}.`,
      example: 'password',
    }),
  ...clientFields,
  username: z
    .string()
    .max(320)
    .optional()
    .meta({ description: '`password`: the e-mail address.', example: 'ada@example.com' }),
  password: z
    .string()
    .max(1_024)
    .optional()
    .meta({ description: '`password`: the password.', example: 'correct horse battery' }),
  code: z.string().max(4_096).optional().meta({
    description: '`authorization_code`: the code that the sign-in page gave.',
  }),
  code_verifier: z.string().max(128).optional().meta({
    description: '`authorization_code`: the PKCE verifier whose challenge the sign-in began with.',
  }),
  redirect_uri: z.string().max(2_048).optional().meta({
    description: '`authorization_code`: where the sign-in returned to, as it was asked for.',
  }),
  refresh_token: refreshToken
    .optional()
    .meta({ description: '`refresh_token`: the one of the answer before. It works once.' }),
});

export const refreshRequest = z.strictObject({
  refresh_token: refreshToken.meta({
    description: 'The one of the answer before. It works once: the answer holds the next.',
    example: 'eyJhbGciOiJSUzI1NiJ9…',
  }),
  ...clientFields,
});

export const tokens = z
  .object({
    access_token: z
      .string()
      .meta({ description: 'Send it as `Authorization: Bearer …`.', example: 'eyJhbGciOiJSUzI1NiJ9…' }),
    token_type: z.string().meta({ description: 'Always `Bearer`.', example: 'Bearer' }),
    expires_in: z.number().meta({ description: 'Seconds until the access token expires.', example: 300 }),
    refresh_token: z
      .string()
      .optional()
      .meta({ description: 'Gives the next tokens, once.', example: 'eyJhbGciOiJIUzUxMiJ9…' }),
    refresh_expires_in: z
      .number()
      .optional()
      .meta({ description: 'Seconds until the refresh token expires.', example: 28_800 }),
    scope: z
      .string()
      .optional()
      .meta({ description: 'The scopes that were granted.', example: 'openid email profile' }),
    id_token: z.string().optional().meta({ description: 'Who signed in, where `openid` was asked for.' }),
  })
  .meta({ id: 'Tokens', description: 'What a sign-in gives.' });

export const getSignupPolicy = z.strictObject({});

export const signupPolicy = z
  .object({
    signups: z.enum(['closed', 'open']).meta({
      description: 'Whether anybody who can sign in may create an organization.',
      example: 'closed',
    }),
    selfRegistration: z
      .boolean()
      .meta({ description: 'Whether people can make an account by themselves.', example: false }),
    passwordPolicy: z
      .object({
        minLength: z.number().meta({ description: 'The fewest characters of a new password.', example: 12 }),
        maxLength: z.number().meta({ description: 'The most characters of a new password.', example: 128 }),
      })
      .meta({ description: 'What a new password must be like.' }),
    grantTypes: z
      .array(z.enum(GRANT_TYPES))
      .meta({ description: 'What `POST /v1/auth/token` takes.', example: [...GRANT_TYPES] }),
    clientId: z.string().meta({ description: 'The client of a sign-in screen.', example: 'plinth-console' }),
    issuer: z.string().meta({
      description: 'The OpenID Connect issuer: its discovery document says where a browser signs in.',
      example: 'https://plinth.example.com/realms/plinth',
    }),
  })
  .meta({ id: 'SignupPolicy', description: 'How people get in here.' });

export type TokenInput = z.output<typeof tokenRequest>;
export type RefreshInput = z.output<typeof refreshRequest>;
export type Tokens = z.output<typeof tokens>;
export type SignupPolicy = z.output<typeof signupPolicy>;
