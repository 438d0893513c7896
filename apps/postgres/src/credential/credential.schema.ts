import { displayName, idSchema, pageOf, pageQuery, secretState } from '@plinth/contracts';
import { z } from 'zod';

const ACCESS = ['rows', 'schema'] as const;
export type Access = (typeof ACCESS)[number];

const workspaceId = idSchema('workspace').meta({ description: 'The workspace.' });
const credentialId = idSchema('credential').meta({ description: 'The credential.' });

const fields = {
  name: displayName.meta({ description: 'What it is for.', example: 'Reporting' }),
  access: z.enum(ACCESS).meta({
    description:
      '`rows`: reads and changes rows as a member does. `schema`: owns the tables as well, and may change them.',
    example: 'rows',
  }),
};

export const credential = z
  .object({
    id: credentialId,
    workspaceId,
    ...fields,
    username: z.string().meta({ description: 'The login.', example: 'ws_01hv3c8f3k7q2m5n9r4t6w8y0z_c01hv' }),
    host: z.string().meta({ description: 'Where the server is.', example: 'db.example.com' }),
    port: z.int().meta({ description: 'Its port.', example: 5432 }),
    database: z.string().meta({ description: 'The database.', example: 'workspaces' }),
    schema: z.string().meta({
      description: 'Where the tables are; the login finds them without it.',
      example: 'ws_01hv3c8f3k7q2m5n9r4t6w8y0z',
    }),
    createdBy: z.string().meta({ description: 'Who made it.', example: 'usr_01HV3C8F3K7Q2M5N9R4T6W8Y0Z' }),
    createdAt: z.iso
      .datetime()
      .meta({ description: 'When it was made.', example: '2026-01-15T10:00:00.000000Z' }),
    rotatedAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When its password was last made anew.', example: null }),
  })
  .meta({
    id: 'DatabaseCredential',
    description: 'A login of the workspace, for psql and every other program that speaks to Postgres.',
  });

export const credentialWithSecret = credential
  .extend({
    password: z.string().nullable().meta({ description: 'Shown here and never again.', example: 'x0Qd…' }),
    url: z.string().nullable().meta({
      description: 'All of it as one URL, the password included.',
      example: 'postgres://ws_01hv…:x0Qd…@db.example.com:5432/workspaces',
    }),
    secretState,
  })
  .meta({
    id: 'DatabaseCredentialWithSecret',
    description: 'A login and its password, which is shown once.',
  });

export const credentialPage = pageOf(credential).meta({
  id: 'DatabaseCredentialPage',
  description: 'A page of credentials.',
});

export const removedCredential = z
  .object({
    id: credentialId,
    deleted: z.literal(true).meta({ description: 'It is gone.', example: true }),
  })
  .meta({ id: 'RemovedDatabaseCredential', description: 'The credential that was revoked.' });

export const createCredential = z.strictObject({
  workspaceId,
  name: fields.name,
  access: fields.access.default('rows'),
});
export const listCredentials = z.strictObject({ workspaceId, ...pageQuery });
export const credentialById = z.strictObject({ workspaceId, credentialId });

export type Credential = z.output<typeof credential>;
export type CreateCredential = z.output<typeof createCredential>;
export type ListCredentials = z.output<typeof listCredentials>;
export type CredentialById = z.output<typeof credentialById>;
