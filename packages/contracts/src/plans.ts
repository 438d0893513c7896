/** What a workspace can hold. */
export const WORKSPACE_CAPABILITIES = ['postgres', 'mongo', 'kafka', 'storage', 'functions'] as const;
export type WorkspaceCapability = (typeof WORKSPACE_CAPABILITIES)[number];

/** What a plan can grant: the above, and what belongs to the tenant as a whole. */
export const PLAN_CAPABILITIES = [...WORKSPACE_CAPABILITIES, 'identity', 'auditExport'] as const;
export type PlanCapability = (typeof PLAN_CAPABILITIES)[number];

export interface Plan {
  capabilities: readonly PlanCapability[];
  quotas: { workspaces: number };
  /** Requests a minute; a burst of a whole minute's worth is allowed at once. */
  rates: { principal: number; tenant: number };
  /** How long a statement in a workspace's own Postgres may take: less than a request may. */
  statementTimeoutMs: number;
}

const PLAN_TABLE = {
  free: {
    capabilities: ['postgres', 'storage'],
    quotas: { workspaces: 2 },
    rates: { principal: 600, tenant: 1_200 },
    statementTimeoutMs: 2_000,
  },
  starter: {
    capabilities: ['postgres', 'mongo', 'kafka', 'storage', 'functions'],
    quotas: { workspaces: 10 },
    rates: { principal: 3_000, tenant: 6_000 },
    statementTimeoutMs: 3_000,
  },
  pro: {
    capabilities: ['postgres', 'mongo', 'kafka', 'storage', 'functions', 'identity'],
    quotas: { workspaces: 100 },
    rates: { principal: 12_000, tenant: 60_000 },
    statementTimeoutMs: 4_000,
  },
  enterprise: {
    capabilities: PLAN_CAPABILITIES,
    quotas: { workspaces: 1_000 },
    rates: { principal: 60_000, tenant: 600_000 },
    statementTimeoutMs: 4_000,
  },
} as const satisfies Record<string, Plan>;

export type PlanName = keyof typeof PLAN_TABLE;
export const PLAN_NAMES = Object.keys(PLAN_TABLE) as [PlanName, ...PlanName[]];

export const planOf = (name: PlanName): Plan => PLAN_TABLE[name];

export function plansWith(capability: PlanCapability): PlanName[] {
  return PLAN_NAMES.filter((name) => planOf(name).capabilities.includes(capability));
}

/** What holds where no tenant is in play: an organization's own routes. */
export const ORGANIZATION_LIMITS = {
  tenants: 1_000,
  apiKeys: 1_000,
  serviceAccounts: 200,
  rates: { principal: 6_000, organization: 30_000 },
} as const;
