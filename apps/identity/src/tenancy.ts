import type {
  Call,
  listMembershipsOutput,
  locateAccessInput,
  locateAccessOutput,
  organizationOutput,
  ownsInput,
  PlanCapability,
  resolveAccessInput,
  resolveAccessOutput,
  ServiceName,
  TenancyInternal,
  TenantInScope,
} from '@plinth/contracts';
import { createReplicas, createServiceCaller } from '@plinth/rpc';
import type { z } from 'zod';

// What identity asks of tenancy, as itself: it is on its way to making the passport that others would call with.

type Origin = Pick<Call, 'correlationId' | 'traceparent'>;

export interface Tenancy {
  resolve(
    origin: Origin,
    input: z.input<typeof resolveAccessInput>,
  ): Promise<z.output<typeof resolveAccessOutput>>;
  /** Where a tenant or workspace of an organization stands; nothing where it is not of that organization. */
  locate(
    origin: Origin,
    input: z.input<typeof locateAccessInput>,
  ): Promise<z.output<typeof locateAccessOutput>['place']>;
  /** What an organization is called. */
  organization(
    origin: Origin,
    organizationId: string,
  ): Promise<z.output<typeof organizationOutput>['organization']>;
  memberships(origin: Origin, userId: string): Promise<z.output<typeof listMembershipsOutput>['memberships']>;
  /** Those of the tenants and workspaces that the organization has not. */
  missing(origin: Origin, input: z.input<typeof ownsInput>): Promise<string[]>;
  /** Nothing where the organization has no such tenant. */
  tenant(origin: Origin, organizationId: string, tenantId: string): Promise<TenantInScope | undefined>;
  /** The ids of the tenants whose plan has it. */
  capableTenants(origin: Origin, organizationId: string, capability: PlanCapability): Promise<string[]>;
  /** Answers when tenancy can. */
  check(): Promise<void>;
  close(): Promise<void>;
}

interface TenancyOptions {
  urls: readonly string[];
  mintServiceToken(call: { audience: ServiceName; passport?: string | undefined }): Promise<string>;
}

export function createTenancy({ urls, mintServiceToken }: TenancyOptions): Tenancy {
  const caller = createServiceCaller<TenancyInternal>({
    service: 'tenancy',
    replicas: createReplicas(urls),
    mintServiceToken,
  });
  const contextOf = ({ correlationId, traceparent }: Origin) => ({ correlationId, traceparent });

  async function memberships(origin: Origin, userId: string) {
    return (await caller.call('access.memberships', { userId }, contextOf(origin))).memberships;
  }

  async function locate(origin: Origin, input: z.input<typeof locateAccessInput>) {
    return (await caller.call('access.locate', input, contextOf(origin))).place;
  }

  return {
    resolve: (origin, input) => caller.call('access.resolve', input, contextOf(origin)),
    locate,
    async organization(origin, organizationId) {
      return (await caller.call('access.organization', { organizationId }, contextOf(origin))).organization;
    },
    memberships,
    async missing(origin, input) {
      return (await caller.call('access.owns', input, contextOf(origin))).missing;
    },
    async tenant(origin, organizationId, tenantId) {
      return (await locate(origin, { organizationId, scope: { tenantId } }))?.tenant;
    },
    async capableTenants(origin, organizationId, capability) {
      const input = { organizationId, capability };
      return (await caller.call('access.capableTenants', input, contextOf(origin))).tenantIds;
    },
    async check() {
      await memberships({ correlationId: 'health-check', traceparent: undefined }, '');
    },
    close: () => caller.close(),
  };
}
