import {
  AppError,
  type ErrorCode,
  type exchangeInput,
  HEADERS,
  type Membership,
  type resolveAccessOutput,
  type Scope,
} from '@plinth/contracts';
import type { z } from 'zod';
import type { Person } from './caller.ts';

// Where a person stands, or the refusal that says what to do about it.

export type Access = z.output<typeof resolveAccessOutput>;
export type Place = Exclude<Access, { outcome: 'notFound' }>;
export type Granted = Extract<Access, { outcome: 'granted' }>;

const NOT_FOUND = {
  organization: 'ORGANIZATION_NOT_FOUND',
  tenant: 'TENANT_NOT_FOUND',
  workspace: 'WORKSPACE_NOT_FOUND',
} as const satisfies Record<string, ErrorCode>;

/** What the request itself named, which is not always what was missing: a token may be narrowed to a tenant. */
function namedKind({ workspaceId, tenantId, organizationId }: Scope): keyof typeof NOT_FOUND | undefined {
  if (workspaceId !== undefined) return 'workspace';
  if (tenantId !== undefined) return 'tenant';
  return organizationId === undefined ? undefined : 'organization';
}

export const notFound = (scope: Scope, kind: keyof typeof NOT_FOUND): AppError =>
  new AppError(NOT_FOUND[namedKind(scope) ?? kind]);

function organizationRequired(memberships: readonly Membership[]): AppError {
  const organizations = memberships.map(({ organizationId: id, slug, displayName, role }) => ({
    id,
    slug,
    displayName,
    role,
  }));
  return new AppError('ORGANIZATION_REQUIRED', {
    message: 'You belong to several organizations; name one with the X-Organization-Id header',
    details: { header: HEADERS.organizationId, organizations },
  });
}

export function createPlaceOf({ signupsAreOpen }: { signupsAreOpen: boolean }) {
  function notAMember({ email }: Person): AppError {
    const invite = email
      ? `ask an owner or admin of one to invite ${email}`
      : 'an owner or admin of one can let this account in';
    const create = signupsAreOpen ? ', or create one with POST /api/v1/organizations' : '';
    return new AppError('NOT_A_MEMBER', {
      message: `You belong to no organization; ${invite}${create}`,
      details: { signups: signupsAreOpen ? 'open' : 'closed' },
    });
  }

  return (
    person: Person,
    { organization, scope }: Pick<z.output<typeof exchangeInput>, 'organization' | 'scope'>,
    access: Access,
  ): Place => {
    switch (access.outcome) {
      case 'granted':
        return access;
      case 'notFound':
        throw notFound(scope, access.kind);
      case 'notMember':
        if (organization === 'required') throw notAMember(person);
        return access;
      case 'organizationRequired':
        if (organization === 'required') throw organizationRequired(access.memberships);
        return access;
    }
  };
}
