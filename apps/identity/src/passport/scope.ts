import { AppError, type Scope } from '@plinth/contracts';

/** A token that is made for one tenant opens nothing beyond it, whatever the request names. */
export function narrow(scope: Scope, tenantId: string | undefined): Scope {
  if (tenantId === undefined) return scope;
  if (scope.tenantId !== undefined && scope.tenantId !== tenantId) throw new AppError('TENANT_NOT_FOUND');
  return { ...scope, tenantId };
}
