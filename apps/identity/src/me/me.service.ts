import { AppError, type Call, roleNamed } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import { apiKeyRepo } from '../api-key/api-key.repo.ts';
import { serviceAccountRepo } from '../service-account/service-account.repo.ts';
import type { Tenancy } from '../tenancy.ts';
import type { Me } from './me.schema.ts';

interface MeDeps {
  database: Database;
  tenancy: Pick<Tenancy, 'memberships' | 'organization'>;
}

export function createMeService({ database, tenancy }: MeDeps) {
  /** Those of a person; a key and a program act in one, of which a program is no member. */
  async function organizationsOf(call: Call): Promise<Me['organizations']> {
    const { kind, id, ownerId, organizationId, role, ownerRole } = call.caller;
    const memberships = await tenancy.memberships(call, ownerId ?? id);
    const all = memberships.map(({ organizationId, ...rest }) => ({ id: organizationId, ...rest }));
    if (kind === 'member' || organizationId === undefined) return all;
    const own = all.filter((one) => one.id === organizationId);
    const held = roleNamed(ownerRole ?? role);
    if (own.length > 0 || held === undefined) return own;
    const organization = await tenancy.organization(call, organizationId);
    if (!organization) return [];
    const { slug, displayName } = organization;
    return [{ id: organizationId, slug, displayName, role: held }];
  }

  /** What is kept of a key, or of a service account, which does not end. */
  async function programOf({ caller: { kind, id, organizationId } }: Call) {
    if (organizationId === undefined) return undefined;
    if (kind === 'apiKey') return apiKeyRepo(database).find(organizationId, id);
    if (kind !== 'serviceAccount') return undefined;
    const account = await serviceAccountRepo(database).find(organizationId, id);
    return account && { name: account.name, expiresAt: null };
  }

  return {
    async get(call: Call): Promise<Me> {
      const { kind, id, email, ownerId, role, reach } = call.caller;
      const { organizationId, permissions, plan, tenantId, workspaceId } = call.caller;
      if (kind === 'anonymous') throw new AppError('UNAUTHENTICATED');
      const [organizations, program] = await Promise.all([organizationsOf(call), programOf(call)]);
      return {
        principal: { id, kind, email: email ?? null, name: program?.name ?? null, ownerId: ownerId ?? null },
        organization: organizations.find((one) => one.id === organizationId) ?? null,
        organizations,
        permissions,
        credential: {
          role: roleNamed(role) ?? null,
          reach: reach ? { tenantIds: reach.tenantIds ?? [], workspaceIds: reach.workspaceIds ?? [] } : null,
          expiresAt: program?.expiresAt ?? null,
        },
        plan: plan ?? null,
        tenantId: tenantId ?? null,
        workspaceId: workspaceId ?? null,
        apiVersion: call.apiVersion,
        pinnedVersion: null,
      };
    },
  };
}

export type MeService = ReturnType<typeof createMeService>;
