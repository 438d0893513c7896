import { displayName, pageOf, pageQuery, secretState } from '@plinth/contracts';
import { z } from 'zod';
import { realmId } from '../realm/realm.schema.ts';
import { useProblem } from './client-use.ts';
import { redirectUriProblem } from './redirect-uri.ts';

const TYPES = ['public', 'confidential'] as const;
const MOST_REDIRECT_URIS = 50;
const LONGEST_URI = 1_000;

const clientId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of a client')
  .meta({ description: 'The client: its OAuth `client_id`.', example: 'cli_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' });

const redirectUri = z
  .string()
  .max(LONGEST_URI)
  .superRefine((uri, ctx) => {
    const message = redirectUriProblem(uri);
    if (message !== undefined) ctx.addIssue({ code: 'custom', message });
  });

const fields = {
  name: displayName.meta({ description: 'Its name, for people.', example: 'Storefront' }),
  type: z.enum(TYPES).meta({
    description:
      '`public`: an app on a device or in a browser, which can keep no secret. `confidential`: a server, which has one.',
    example: 'public',
  }),
  redirectUris: z
    .array(redirectUri)
    .max(MOST_REDIRECT_URIS)
    .refine((list) => new Set(list).size === list.length, 'names a URI twice')
    .meta({
      description:
        'Where a sign-in may return to, compared letter by letter: https, http to localhost, or an app’s own scheme such as `com.example.app:/callback`.',
      example: ['https://shop.example.com/callback'],
    }),
  clientCredentials: z.boolean().meta({
    description: 'Whether a confidential client may have tokens of its own, by `client_credentials`.',
    example: false,
  }),
};

export const client = z
  .object({
    id: clientId,
    realmId,
    ...fields,
    createdAt: z.iso
      .datetime()
      .meta({ description: 'When it was created.', example: '2026-01-15T10:00:00.000000Z' }),
  })
  .meta({
    id: 'RealmClient',
    description: 'An app that signs users of the realm in, by authorization code with PKCE (S256).',
  });

export const clientWithSecret = client
  .extend({
    clientSecret: z.string().nullable().meta({
      description: 'Shown here and never again; a public client has none.',
      example: null,
    }),
    secretState,
  })
  .meta({ id: 'RealmClientWithSecret', description: 'A client and its secret, which is shown once.' });

export const clientPage = pageOf(client).meta({ id: 'RealmClientPage', description: 'A page of clients.' });

export const removedClient = z
  .object({ id: clientId, deleted: z.literal(true).meta({ description: 'It is gone.', example: true }) })
  .meta({ id: 'RemovedRealmClient', description: 'The client that was deleted.' });

export const createClient = z
  .strictObject({
    realmId,
    ...fields,
    type: fields.type.default('public'),
    redirectUris: fields.redirectUris.default([]),
    clientCredentials: fields.clientCredentials.default(false),
  })
  .superRefine((input, ctx) => {
    const problem = useProblem(input);
    if (problem) ctx.addIssue({ code: 'custom', path: [problem.path], message: problem.message });
  });

export const listClients = z.strictObject({ realmId, ...pageQuery });

export const clientById = z.strictObject({ realmId, clientId });

export const updateClient = z.strictObject({
  realmId,
  clientId,
  name: fields.name.optional(),
  redirectUris: fields.redirectUris.optional(),
  clientCredentials: fields.clientCredentials.optional(),
});

export type Client = z.output<typeof client>;
export type CreateClient = z.output<typeof createClient>;
export type ListClients = z.output<typeof listClients>;
export type ClientById = z.output<typeof clientById>;
export type UpdateClient = z.output<typeof updateClient>;
