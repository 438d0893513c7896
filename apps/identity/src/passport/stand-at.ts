import type { Scope } from '@plinth/contracts';
import { isReached } from '@plinth/service';
import { type Limited, type Owner, reachOfRow } from './caller.ts';
import type { Standing } from './key-owner.ts';
import { notFound } from './place.ts';

// Where a credential of one organization is good: there, and within the places that it is limited to.

export interface CredentialLimits extends Limited {
  organizationId: string;
}

/** A credential for one place only is about that place where the request names none. */
export function scopeWithin(
  { organizationId, tenantIds, workspaceIds }: CredentialLimits,
  asked: Scope,
): Scope {
  if (asked.tenantId !== undefined || asked.workspaceId !== undefined) return { ...asked, organizationId };
  const [tenantId, workspaceId] = [tenantIds?.[0], workspaceIds?.[0]];
  const count = (tenantIds?.length ?? 0) + (workspaceIds?.length ?? 0);
  if (count !== 1) return { organizationId };
  return tenantId === undefined ? { organizationId, workspaceId } : { organizationId, tenantId };
}

/** Whose it is, as that owner stands where the request is; nothing where the owner is gone. */
export async function standAt(
  limits: CredentialLimits,
  asked: Scope,
  stand: (scope: Scope) => Promise<Standing>,
): Promise<Owner | undefined> {
  const { organizationId } = limits;
  const isElsewhere = asked.organizationId !== undefined && asked.organizationId !== organizationId;
  const standing = await stand(isElsewhere ? { organizationId } : scopeWithin(limits, asked));
  if (standing.outcome === 'gone') return undefined;
  if (standing.outcome === 'notFound') throw notFound(asked, standing.kind);
  const { owner } = standing;
  const { tenant, workspace } = owner;
  const isInBoth =
    !tenant ||
    [reachOfRow(limits), owner.reach].every((reach) =>
      isReached({ reach }, { tenantId: tenant.id, workspaceId: workspace?.id }),
    );
  // Nothing is there, or nothing for this credential.
  if (isElsewhere || !isInBoth) throw notFound(asked, 'organization');
  return owner;
}
