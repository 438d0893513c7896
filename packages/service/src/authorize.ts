import { AppError, type Caller, type planOf, plansWith, rolesWith } from '@plinth/contracts';
import type { ProcedureMeta } from './meta.ts';

/** May this caller run a procedure of this meta at all? Every refusal says what was needed, held, and who can grant it. */
export function authorize(meta: ProcedureMeta, caller: Caller | undefined): void {
  if (!caller) throw new AppError('UNAUTHENTICATED');
  const { permission, capability } = meta;
  if (permission === 'anonymous') return;
  if (caller.kind === 'anonymous') throw new AppError('UNAUTHENTICATED');

  if (permission !== 'signedIn' && caller.organizationMissing) throw new AppError(caller.organizationMissing);
  if (permission !== 'signedIn' && !caller.permissions.includes(permission)) {
    throw new AppError('PERMISSION_DENIED', {
      message: `This needs the permission ${permission}`,
      details: {
        permission,
        role: caller.role ?? null,
        held: caller.permissions,
        rolesWithIt: rolesWith(permission),
        whoCanGrant: 'an owner or admin of the organization',
      },
    });
  }
  if (caller.tenantDeleted && !meta.allowSuspended) throw new AppError('TENANT_DELETED');
  if (caller.suspended && !meta.allowSuspended) throw new AppError('TENANT_SUSPENDED');
  if (capability && !caller.capabilities.includes(capability)) {
    throw capabilityRequired(capability, caller.plan);
  }
}

export function capabilityRequired(
  capability: Parameters<typeof plansWith>[0],
  plan: Parameters<typeof planOf>[0] | undefined,
): AppError {
  const plansWithIt = plansWith(capability);
  return new AppError('PLAN_CAPABILITY_REQUIRED', {
    message: `The capability ${capability} is part of the plans ${plansWithIt.join(', ')}`,
    details: { capability, plan: plan ?? null, plansWithIt },
  });
}
