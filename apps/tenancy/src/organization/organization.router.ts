import { procedure, router } from '../procedure.ts';
import {
  createOrganization,
  getOrganization,
  listOrganizations,
  organization,
  organizationPage,
} from './organization.schema.ts';

const PATH = '/api/v1/organizations';

export const organizationRouter = router({
  create: procedure
    .meta({
      summary: 'Create an organization',
      description: 'The caller becomes its owner. The sign-up policy of the installation must allow it.',
      permission: 'signedIn',
      callerKinds: ['member'],
      allowSuspended: true,
      rest: [{ method: 'POST', path: PATH, dialect: 'organization', status: 201, location: `${PATH}/{id}` }],
      errors: ['SIGNUPS_CLOSED', 'SLUG_TAKEN'],
    })
    .input(createOrganization)
    .output(organization)
    .mutation(({ ctx, input }) => ctx.organizations.create(ctx.call, input)),

  list: procedure
    .meta({
      summary: 'List your organizations',
      description: 'Those that the caller is a member of, the newest first.',
      permission: 'signedIn',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'GET', path: PATH, dialect: 'organization' }],
    })
    .input(listOrganizations)
    .output(organizationPage)
    .query(({ ctx, input }) => ctx.organizations.list(ctx.call, input)),

  get: procedure
    .meta({
      summary: 'Get an organization',
      description: 'With the role that the caller has in it.',
      permission: 'organization:read',
      reach: 'filtered',
      allowSuspended: true,
      rest: [{ method: 'GET', path: `${PATH}/{org_id}`, dialect: 'organization' }],
    })
    .input(getOrganization)
    .output(organization)
    .query(({ ctx }) => ctx.organizations.get(ctx.call)),
});
