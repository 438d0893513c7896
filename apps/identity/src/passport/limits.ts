import { type Caller, ORGANIZATION_LIMITS, planOf, type RateLimit } from '@plinth/contracts';

const WINDOW_SECONDS = 60;

/** The caller's own limit and that of its tenant, by the plan; where no tenant is in play, that of the organization. */
export function limitsOf({ id, tenantId, plan, organizationId }: Caller): RateLimit[] {
  const limit = (policy: string, key: string, quota: number): RateLimit => ({
    policy,
    key,
    quota,
    windowSeconds: WINDOW_SECONDS,
  });
  if (tenantId !== undefined && plan !== undefined) {
    const { rates } = planOf(plan);
    return [limit('principal', id, rates.principal), limit('tenant', tenantId, rates.tenant)];
  }
  const { rates } = ORGANIZATION_LIMITS;
  const own = limit('principal', id, rates.principal);
  return organizationId === undefined
    ? [own]
    : [own, limit('organization', organizationId, rates.organization)];
}
