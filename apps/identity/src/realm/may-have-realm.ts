import { planOf, type TenantInScope } from '@plinth/contracts';

export const REALM_CAPABILITY = 'identity';

/** Whether a tenant has a realm, by its plan. */
export const hasRealm = ({ plan, deleted }: TenantInScope): boolean =>
  !deleted && planOf(plan).capabilities.includes(REALM_CAPABILITY);

/** Whether its users can sign in there. */
export const isRealmOpen = (tenant: TenantInScope): boolean => hasRealm(tenant) && !tenant.suspended;
