import { displayName, idSchema, pageOf, pageQuery, ROLES } from '@plinth/contracts';
import { z } from 'zod';
import { slug } from '../resource.schema.ts';

const fields = {
  slug: slug.meta({ description: 'Its short name, unique on this installation.', example: 'acme' }),
  displayName: displayName.meta({ description: 'Its name, for people.', example: 'Acme' }),
};

export const organization = z
  .object({
    id: idSchema('organization').meta({
      description: 'The organization.',
      example: 'org_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
    }),
    ...fields,
    role: z.enum(ROLES).meta({
      description: 'The role in it of the caller, or of the member or service account whose key calls.',
      example: 'owner',
    }),
    createdAt: z.iso
      .datetime()
      .meta({ description: 'When it was created.', example: '2026-01-15T10:00:00.000000Z' }),
  })
  .meta({ id: 'Organization', description: 'Who signs in: its members administer its tenants.' });

export const organizationPage = pageOf(organization).meta({
  id: 'OrganizationPage',
  description: 'A page of organizations.',
});

export const createOrganization = z.strictObject(fields);
export const listOrganizations = z.strictObject(pageQuery);
export const getOrganization = z.strictObject({});

export type Organization = z.output<typeof organization>;
export type CreateOrganization = z.output<typeof createOrganization>;
export type ListOrganizations = z.output<typeof listOrganizations>;
