import { idSchema, pageOf, pageQuery, timestamps } from '@plinth/contracts';
import { z } from 'zod';

export const realmId = idSchema('realm').meta({
  description: 'The realm.',
  example: 'rlm_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
});
const tenantId = idSchema('tenant').meta({
  description: 'The tenant whose users sign in there.',
  example: 'tnt_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
});

export const realm = z
  .object({
    id: realmId,
    tenantId,
    organizationId: z
      .string()
      .meta({ description: 'The organization of the tenant.', example: 'org_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }),
    issuer: z.url().meta({
      description:
        'The `iss` of its tokens. Its OpenID Connect configuration is at `/.well-known/openid-configuration` below.',
      example: 'https://plinth.example.com/realms/rlm_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
    }),
    jwksUri: z.url().meta({
      description: 'The keys that sign its tokens.',
      example:
        'https://plinth.example.com/realms/rlm_01HV3C8F3K7Q2M5N9R4T6W8Y0Z/protocol/openid-connect/certs',
    }),
    provider: z
      .enum(['embedded', 'keycloak'])
      .meta({ description: 'What keeps it: the built-in provider, or a Keycloak.', example: 'keycloak' }),
    status: z.enum(['active', 'pending', 'disabled']).meta({
      description:
        'A `pending` one is made when it is first used, or brought back; in a `disabled` one nobody can sign in, for the plan of its tenant lacks the capability.',
      example: 'active',
    }),
    ...timestamps,
  })
  .meta({
    id: 'Realm',
    description: 'Where the users of a tenant sign in: its own clients, roles and users.',
  });

export const realmPage = pageOf(realm).meta({ id: 'RealmPage', description: 'A page of realms.' });

export const listRealms = z.strictObject({
  tenantId: tenantId.optional().meta({ description: 'Only the realm of this tenant.' }),
  ...pageQuery,
});

export const realmById = z.strictObject({ realmId });

export type Realm = z.output<typeof realm>;
export type ListRealms = z.output<typeof listRealms>;
