import { AppError, type Call, type CursorCodec, newId, type Page } from '@plinth/contracts';
import { type Database, type Mutate, organizationOf, readPage } from '@plinth/database';
import { organizationRepo } from './organization.repo.ts';
import type { CreateOrganization, ListOrganizations, Organization } from './organization.schema.ts';

interface OrganizationDeps {
  database: Database;
  mutate: Mutate;
  cursors: CursorCodec;
  signupsAreOpen: boolean;
}

export function createOrganizationService({ database, mutate, cursors, signupsAreOpen }: OrganizationDeps) {
  return {
    async create(call: Call, input: CreateOrganization): Promise<Organization> {
      const { id: userId, email, kind } = call.caller;
      if (kind !== 'member' || email === undefined) {
        throw new AppError('PERMISSION_DENIED', { message: 'Only a person can create an organization' });
      }
      if (!signupsAreOpen) {
        throw new AppError('SIGNUPS_CLOSED', {
          message: 'Sign-ups are closed here; ask an administrator to invite you',
        });
      }
      return mutate(call, async (tx) => {
        const organizations = organizationRepo(tx);
        const id = newId('organization');
        const { createdAt } = await organizations.insert({ ...input, id });
        await organizations.insertMember(id, { email, userId, role: 'owner' });
        const result: Organization = { id, ...input, role: 'owner', createdAt };
        return {
          result,
          audit: { target: { kind: 'organization', id }, organizationId: id, changes: { created: input } },
          event: {
            type: 'organization.created',
            subject: { kind: 'organization', id },
            organizationId: id,
            data: result,
          },
          // Passports that say that somebody belongs to no organization, or to one only.
          revokes: [`membership:${userId}` as const],
        };
      });
    },

    list(call: Call, { cursor, limit }: ListOrganizations): Promise<Page<Organization>> {
      const userId = call.caller.id;
      const query = ['organization.list', userId];
      return readPage(cursors, { query, cursor, limit }, (slice) =>
        organizationRepo(database).listOf(userId, slice),
      );
    },

    async get(call: Call): Promise<Organization> {
      const organization = await organizationRepo(database).findOf(call.caller.id, organizationOf(call));
      if (!organization) throw new AppError('ORGANIZATION_NOT_FOUND');
      return organization;
    },
  };
}

export type OrganizationService = ReturnType<typeof createOrganizationService>;
