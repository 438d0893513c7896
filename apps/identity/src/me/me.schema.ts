import { API_VERSIONS, PERMISSIONS, PLAN_NAMES, ROLES } from '@plinth/contracts';
import { z } from 'zod';

const organization = z
  .object({
    id: z.string().meta({ description: 'The organization.', example: 'org_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }),
    slug: z.string().meta({ description: 'Its short name.', example: 'acme' }),
    displayName: z.string().meta({ description: 'Its name, for people.', example: 'Acme' }),
    role: z.enum(ROLES).meta({
      description: 'The role in it of the caller, or of the member or service account whose key calls.',
      example: 'owner',
    }),
  })
  .meta({ id: 'OwnOrganization', description: 'An organization that the caller belongs to.' });

export const getMe = z.strictObject({});

export const me = z
  .object({
    principal: z
      .object({
        id: z.string().meta({ description: 'Who calls.', example: 'usr_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }),
        kind: z
          .enum(['member', 'apiKey', 'serviceAccount', 'endUser'])
          .meta({ description: 'A person, a key, or a program.', example: 'member' }),
        email: z
          .string()
          .nullable()
          .meta({ description: 'The address of a person.', example: 'ada@example.com' }),
        name: z
          .string()
          .nullable()
          .meta({ description: 'Of a key or a service account: what it is called.', example: null }),
        ownerId: z.string().nullable().meta({
          description: 'Of a key: the member or service account whose key it is.',
          example: null,
        }),
      })
      .meta({ description: 'Who calls.' }),
    organization: organization
      .nullable()
      .meta({ description: 'The one that this request is about, as the rights below are.' }),
    organizations: z
      .array(organization)
      .meta({ description: 'All that the caller belongs to; name one with `X-Organization-Id`.' }),
    permissions: z
      .array(z.enum(PERMISSIONS))
      .meta({ description: 'What the caller may do there.', example: ['tenants:read'] }),
    credential: z
      .object({
        role: z.enum(ROLES).nullable().meta({ description: 'What its rights come from.', example: 'owner' }),
        reach: z
          .object({
            tenantIds: z
              .array(z.string())
              .meta({ description: 'These tenants and all in them.', example: [] }),
            workspaceIds: z.array(z.string()).meta({ description: 'These workspaces.', example: [] }),
          })
          .nullable()
          .meta({ description: 'What it is limited to; null where it is not.', example: null }),
        expiresAt: z.iso
          .datetime()
          .nullable()
          .meta({ description: 'Of a key: when it ends; null for never, and of a token.', example: null }),
      })
      .meta({ description: 'What the request came with.' }),
    plan: z
      .enum(PLAN_NAMES)
      .nullable()
      .meta({ description: 'The plan of the tenant that the credential is for.', example: null }),
    tenantId: z
      .string()
      .nullable()
      .meta({ description: 'The tenant that the credential is limited to.', example: null }),
    workspaceId: z
      .string()
      .nullable()
      .meta({ description: 'The workspace that the credential is limited to.', example: null }),
    apiVersion: z
      .enum(API_VERSIONS)
      .meta({ description: 'The version that served this request.', example: API_VERSIONS[0] }),
    pinnedVersion: z.enum(API_VERSIONS).nullable().meta({
      description: 'The version that serves requests which name none; null: the newest.',
      example: null,
    }),
  })
  .meta({ id: 'Me', description: 'Who the caller is, and what it may do.' });

export type Me = z.output<typeof me>;

export const signOut = z.strictObject({
  everywhere: z.literal(true).meta({
    description: 'On all devices. It has to be said, for it cannot be taken back.',
    example: true,
  }),
});

export const signedOut = z
  .object({
    principalId: z
      .string()
      .meta({ description: 'Who has signed out.', example: 'usr_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }),
    signedOutAt: z.iso.datetime().meta({
      description: 'Every sign-in from before it is over.',
      example: '2026-01-15T10:00:00.000Z',
    }),
  })
  .meta({ id: 'SignedOut', description: 'That all sign-ins of somebody are over.' });

export type SignedOut = z.output<typeof signedOut>;
