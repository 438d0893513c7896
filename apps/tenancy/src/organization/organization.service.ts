import {
  AppError,
  type Call,
  type Caller,
  type CursorCodec,
  newId,
  type Page,
  roleNamed,
} from '@plinth/contracts';
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
  /** A program belongs to its organization, and is no member of it. */
  async function ofProgram({ caller }: Call): Promise<Organization | undefined> {
    const { kind, organizationId, ownerRole, role } = caller;
    const held = roleNamed(ownerRole ?? role);
    if (kind === 'member' || organizationId === undefined || held === undefined) return undefined;
    const organization = await organizationRepo(database).find(organizationId);
    return organization && { ...organization, role: held };
  }

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

    async list(call: Call, { cursor, limit }: ListOrganizations): Promise<Page<Organization>> {
      const userId = memberOf(call);
      const only = isNarrowed(call.caller) ? call.caller.organizationId : undefined;
      const query = ['organization.list', userId, only];
      const page = await readPage(cursors, { query, cursor, limit }, (slice) =>
        organizationRepo(database).listOf(userId, only, slice),
      );
      if (page.data.length > 0 || cursor !== undefined) return page;
      const own = await ofProgram(call);
      return own ? { ...page, data: [own] } : page;
    },

    async get(call: Call): Promise<Organization> {
      const own = await organizationRepo(database).findOf(memberOf(call), organizationOf(call));
      const organization = own ?? (await ofProgram(call));
      if (!organization) throw new AppError('ORGANIZATION_NOT_FOUND');
      return organization;
    },
  };
}

export type OrganizationService = ReturnType<typeof createOrganizationService>;
