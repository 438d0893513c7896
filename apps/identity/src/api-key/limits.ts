import { type Call, type FieldError, type KeyRole, type Permission, permissionsOf } from '@plinth/contracts';
import { organizationOf } from '@plinth/database';
import type { Tenancy } from '../tenancy.ts';

// What a key is limited to has to be there: permissions in its role, tenants and workspaces in its organization.

export function beyondRole(
  role: KeyRole,
  permissions: readonly Permission[] | null | undefined,
): FieldError[] {
  const held = permissionsOf(role);
  return (permissions ?? []).flatMap((permission, place) =>
    held.includes(permission)
      ? []
      : [{ path: `permissions.${place}`, code: 'not_in_role', message: `is not part of the role ${role}` }],
  );
}

interface Places {
  tenantIds?: readonly string[] | null | undefined;
  workspaceIds?: readonly string[] | null | undefined;
}

/** Somebody else's is as absent as one that never was. */
export async function absentPlaces(
  tenancy: Pick<Tenancy, 'missing'>,
  call: Call,
  { tenantIds, workspaceIds }: Places,
): Promise<FieldError[]> {
  const asked = { tenantIds: [...(tenantIds ?? [])], workspaceIds: [...(workspaceIds ?? [])] };
  if (asked.tenantIds.length + asked.workspaceIds.length === 0) return [];
  const missing = await tenancy.missing(call, { organizationId: organizationOf(call), ...asked });
  const refused = (field: keyof typeof asked, kind: string) =>
    asked[field].flatMap((id, place) =>
      missing.includes(id)
        ? [{ path: `${field}.${place}`, code: 'not_found', message: `is no ${kind} of this organization` }]
        : [],
    );
  return [...refused('tenantIds', 'tenant'), ...refused('workspaceIds', 'workspace')];
}
