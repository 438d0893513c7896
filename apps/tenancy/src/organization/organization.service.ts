import { AppError, type Call, type Caller, type CursorCodec, newId, type Page } from '@plinth/contracts';
import { type Database, type Mutate, organizationOf, readPage } from '@plinth/database';
import { organizationRepo } from './organization.repo.ts';
import type { CreateOrganization, ListOrganizations, Organization } from './organization.schema.ts';

interface OrganizationDeps {
  database: Database;
  mutate: Mutate;
  cursors: CursorCodec;
  signupsAreOpen: boolean;
}

/** A key stands in an organization as the member does whose key it is. */
const memberOf = ({ caller }: Call): string => caller.ownerId ?? caller.id;

const isNarrowed = ({ kind, tenantId }: Caller): boolean => kind === 'apiKey' || tenantId !== undefined;

export function createOrganizationService({ database, mutate, cursors, signupsAreOpen }: OrganizationDeps) {
  return {
    async create(call: Call, input: CreateOrganization): Promise<Organization> {
      const { id: userId, email } = call.caller;
      if (email === undefined) {
        throw new AppError('PERMISSION_DENIED', { message: 'Only somebody with an address can do this' });
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
      const userId = memberOf(call);
      const only = isNarrowed(call.caller) ? call.caller.organizationId : undefined;
      const query = ['organization.list', userId, only];
      return readPage(cursors, { query, cursor, limit }, (slice) =>
        organizationRepo(database).listOf(userId, only, slice),
      );
    },

    async get(call: Call): Promise<Organization> {
      const organization = await organizationRepo(database).findOf(memberOf(call), organizationOf(call));
      if (!organization) throw new AppError('ORGANIZATION_NOT_FOUND');
      return organization;
    },
  };
}

export type OrganizationService = ReturnType<typeof createOrganizationService>;
