import {
  capableTenantsInput,
  listMembershipsInput,
  locateAccessInput,
  locateAccessOutput,
  type Membership,
  organizationInput,
  ownsInput,
  ownsOutput,
  planOf,
  resolveAccessInput,
  resolveAccessOutput,
  type TenantInScope,
} from '@plinth/contracts';
import { type ServiceStandIn, startServiceStandIn } from '@plinth/testing';
import type { z } from 'zod';
import type { Access } from '../passport/place.ts';

type ResolveInput = z.output<typeof resolveAccessInput>;

export interface TenancyStandIn extends ServiceStandIn {
  /** What was asked, in order. */
  asked: ResolveInput[];
  resolve: (input: ResolveInput) => Access;
  /** One of `tenants`, unless said. */
  locate: (input: z.output<typeof locateAccessInput>) => z.output<typeof locateAccessOutput>['place'];
  memberships: (input: z.output<typeof listMembershipsInput>) => Membership[];
  /** The tenants and workspaces that no organization has. */
  missing: Set<string>;
  /** The tenants that there are. */
  tenants: (TenantInScope & { organizationId: string })[];
}

export async function startTenancyStandIn(trustedKeysFile: string): Promise<TenancyStandIn> {
  function answer(procedure: string, input: unknown): unknown {
    if (procedure === 'access.memberships')
      return { memberships: standIn.memberships(listMembershipsInput.parse(input)) };
    if (procedure === 'access.organization') {
      const { organizationId } = organizationInput.parse(input);
      return { organization: { organizationId, slug: 'own', displayName: 'OWN' } };
    }
    if (procedure === 'access.locate')
      return locateAccessOutput.parse({ place: standIn.locate(locateAccessInput.parse(input)) });
    if (procedure === 'access.owns') {
      const { tenantIds, workspaceIds } = ownsInput.parse(input);
      const missing = [...tenantIds, ...workspaceIds].filter((id) => standIn.missing.has(id));
      return ownsOutput.parse({ missing });
    }
    if (procedure === 'access.capableTenants') {
      const { organizationId, capability } = capableTenantsInput.parse(input);
      const found = standIn.tenants.filter(
        (one) =>
          one.organizationId === organizationId &&
          !one.deleted &&
          planOf(one.plan).capabilities.includes(capability),
      );
      return { tenantIds: found.map(({ id }) => id) };
    }
    const asked = resolveAccessInput.parse(input);
    standIn.asked.push(asked);
    return resolveAccessOutput.parse(standIn.resolve(asked));
  }

  const service = await startServiceStandIn({
    service: 'tenancy',
    from: 'identity',
    trustedKeysFile,
    answer,
  });
  const standIn: TenancyStandIn = Object.assign(service, {
    asked: [],
    resolve: (): Access => ({ outcome: 'notMember' }),
    locate({ organizationId, scope }: z.output<typeof locateAccessInput>) {
      const tenant = standIn.tenants.find(
        (one) => one.id === scope.tenantId && one.organizationId === organizationId,
      );
      if (scope.tenantId === undefined) return {};
      return tenant ? { tenant } : null;
    },
    memberships: () => [],
    missing: new Set<string>(),
    tenants: [],
  });
  return standIn;
}
